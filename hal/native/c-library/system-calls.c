/* What newlib asks of an operating system: there is none, and no heap. picolibc asks for nothing. */
#ifdef HF_CPU_ARMV7A

#include <errno.h>
#include <stddef.h>
#include <sys/stat.h>

#include "console-output.h"
#include "cpu.h"

void* _sbrk(ptrdiff_t byteLength);
int _write(int file, const char* text, int byteLength);
int _read(int file, char* text, int byteLength);
int _close(int file);
int _lseek(int file, int offset, int whence);
int _fstat(int file, struct stat* status);
int _isatty(int file);
int _kill(int process, int signal);
int _getpid(void);
void _exit(int code) __attribute__((noreturn));

/* Memory comes from machine arenas; a library function that wants a heap gets none. */
void* _sbrk(ptrdiff_t byteLength) {
	(void)byteLength;
	errno = ENOMEM;
	return (void*)-1;
}

int _write(int file, const char* text, int byteLength) {
	(void)file;
	hf_console_write(text, (size_t)byteLength);
	return byteLength;
}

static int refuse(void) {
	errno = EBADF;
	return -1;
}

int _read(int file, char* text, int byteLength) {
	(void)file;
	(void)text;
	(void)byteLength;
	return refuse();
}

int _close(int file) {
	(void)file;
	return refuse();
}

int _lseek(int file, int offset, int whence) {
	(void)file;
	(void)offset;
	(void)whence;
	return refuse();
}

int _fstat(int file, struct stat* status) {
	(void)file;
	(void)status;
	return refuse();
}

int _isatty(int file) {
	(void)file;
	return 1;
}

int _kill(int process, int signal) {
	(void)process;
	(void)signal;
	hf_fatal("c-library-abort");
}

int _getpid(void) { return 1; }

void _exit(int code) {
	(void)code;
	hf_fatal("c-library-exit");
}

#else

typedef int hfNoSystemCalls; /* a translation unit may not be empty */

#endif
