/* xs-compile: one JavaScript module to XS byte code, with the parser and coder of XS and nothing else of it.
 *
 * usage: xs-compile [--no-positions] SOURCE.js SOURCE.js.map DISPLAY-NAME OUTPUT.xsb
 * Writes the atoms XS_B{VERS SYMB CODE MAPS}. CODE is in the forms that execute in place: inner functions and strings are
 * pointed to, not copied to RAM. MAPS lists the offsets of ids in CODE as big-endian u32, for the linker. FILE and LINE
 * operations carry the positions of the TypeScript source, found through the source map; --no-positions leaves them out, to
 * see what they cost. Errors go to stderr as DISPLAY-NAME:LINE: MESSAGE; exit 1 for those, 2 for bad usage. */
#include "xsScript.h"

#include <sys/stat.h>
#include <unistd.h>

enum { PARSER_BUFFER = 1 << 20, PARSER_TABLE = 1993, MAXIMUM_SOURCE = 8 << 20 };

static const char* displayName = "?";

char* fxCStackLimit(void) { return C_NULL; }
txID fxGenerateProfileID(void* console) { (void)console; return XS_NO_ID; }
void fxGenerateTag(void* console, txString buffer, txInteger size, txString path) {
	(void)console; (void)path;
	if (size > 0)
		buffer[0] = 0;
}
void fxVReportError(void* console, txString path, txInteger line, txString format, va_list arguments) {
	(void)console; (void)path;
	fprintf(stderr, "%s:%d: ", displayName, (int)line);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
}
void fxVReportWarning(void* console, txString path, txInteger line, txString format, va_list arguments) {
	fxVReportError(console, path, line, format, arguments);
}

static void die(const char* what, const char* name) {
	fprintf(stderr, "xs-compile: cannot %s %s: %s\n", what, name, strerror(errno));
	exit(2);
}

static char* read_text(const char* name, txSize* size) {
	FILE* file = fopen(name, "rb");
	struct stat status;
	char* text;
	if (!file || fstat(fileno(file), &status))
		die("read", name);
	if (status.st_size > MAXIMUM_SOURCE) {
		fprintf(stderr, "%s:1: expected at most %d bytes of source, found %ld\n", displayName, MAXIMUM_SOURCE,
			(long)status.st_size);
		exit(1);
	}
	text = malloc((size_t)status.st_size + 1);
	if (!text || (fread(text, 1, (size_t)status.st_size, file) != (size_t)status.st_size))
		die("read", name);
	text[status.st_size] = 0;
	*size = (txSize)status.st_size;
	fclose(file);
	return text;
}

typedef struct {
	char* text;
	txSize offset;
	txSize size;
} Stream;

static int next_byte(void* data) {
	Stream* stream = data;
	return (stream->offset < stream->size) ? (uint8_t)stream->text[stream->offset++] : C_EOF;
}

static void write_u32_big_endian(FILE* file, uint32_t value) {
	uint8_t bytes[4] = { (uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value };
	fwrite(bytes, 1, 4, file);
}

static void write_atom(FILE* file, uint32_t type, const void* data, uint32_t size) {
	write_u32_big_endian(file, 8 + size);
	write_u32_big_endian(file, type);
	fwrite(data, 1, size, file);
}

/* Turns the forms that copy to RAM into those that run in place, and notes where the ids are. */
static uint32_t* settle_code(txS1* code, txSize size, uint32_t* count) {
	uint32_t* offsets = malloc((size_t)size * sizeof(uint32_t) + 4);
	txSize at = 0;
	*count = 0;
	if (!offsets)
		die("allocate", "offsets");
	while (at < size) {
		txU1* bytes = (txU1*)code + at;
		txS1 length = gxCodeSizes[bytes[0]];
		switch (bytes[0]) {
		case XS_CODE_CODE_1: bytes[0] = XS_CODE_CODE_ARCHIVE_1; break;
		case XS_CODE_CODE_2: bytes[0] = XS_CODE_CODE_ARCHIVE_2; break;
		case XS_CODE_CODE_4: bytes[0] = XS_CODE_CODE_ARCHIVE_4; break;
		case XS_CODE_STRING_1: bytes[0] = XS_CODE_STRING_ARCHIVE_1; break;
		case XS_CODE_STRING_2: bytes[0] = XS_CODE_STRING_ARCHIVE_2; break;
		case XS_CODE_STRING_4: bytes[0] = XS_CODE_STRING_ARCHIVE_4; break;
		default: break;
		}
		if (length > 0)
			at += length;
		else if (length == 0) {
			offsets[(*count)++] = (uint32_t)at + 1;
			at += 1 + (txSize)sizeof(txID);
		}
		else if (length == -1)
			at += 2 + bytes[1];
		else if (length == -2)
			at += 3 + (bytes[1] | (bytes[2] << 8));
		else
			at += 5 + (txSize)(bytes[1] | (bytes[2] << 8) | (bytes[3] << 16) | ((txU4)bytes[4] << 24));
	}
	return offsets;
}

/* The output appears whole or not at all. */
static void write_script(const char* name, const txScript* script) {
	char temporary[4096];
	const txS1 version[4] = { XS_MAJOR_VERSION, XS_MINOR_VERSION, XS_PATCH_VERSION, 0 };
	uint32_t symbolsSize = (uint32_t)script->symbolsSize, codeSize = (uint32_t)script->codeSize;
	uint32_t count, index;
	uint32_t* offsets = settle_code(script->codeBuffer, script->codeSize, &count);
	FILE* file;
	if (snprintf(temporary, sizeof(temporary), "%s.%ld.tmp", name, (long)getpid()) >= (int)sizeof(temporary))
		die("name", name);
	file = fopen(temporary, "wb");
	if (!file)
		die("write", temporary);
	write_u32_big_endian(file, 8 + 12 + 8 + symbolsSize + 8 + codeSize + 8 + 4 * count);
	write_u32_big_endian(file, XS_ATOM_BINARY);
	write_atom(file, XS_ATOM_VERSION, version, sizeof(version));
	write_atom(file, XS_ATOM_SYMBOLS, script->symbolsBuffer, symbolsSize);
	write_atom(file, XS_ATOM_CODE, script->codeBuffer, codeSize);
	write_u32_big_endian(file, 8 + 4 * count);
	write_u32_big_endian(file, XS_ATOM_MAPS);
	for (index = 0; index < count; index++)
		write_u32_big_endian(file, offsets[index]);
	free(offsets);
	if (ferror(file) | fclose(file)) {
		remove(temporary);
		die("write", temporary);
	}
	if (rename(temporary, name))
		die("rename to", name);
}

/* paths: source, its map, output. */
static int compile(char* const paths[3], txUnsigned flags) {
	txParser parserRecord;
	txParser* parser = &parserRecord;
	txParserJump jump;
	Stream source, map;
	txScript* volatile script = C_NULL; /* set after setjmp */
	txString mapped = C_NULL;
	source.offset = map.offset = 0;
	source.text = read_text(paths[0], &source.size);
	map.text = read_text(paths[1], &map.size);
	fxInitializeParser(parser, C_NULL, PARSER_BUFFER, PARSER_TABLE);
	parser->firstJump = &jump;
	if (c_setjmp(jump.jmp_buf) == 0) {
		/* Positions count as the script's own until the map gives the parser another path. */
		parser->path = fxNewParserSymbol(parser, (txString)"script");
		parser->origin = parser->path;
		fxParserTree(parser, &source, next_byte, flags, C_NULL);
		if (parser->errorCount == 0)
			fxParserSourceMap(parser, &map, next_byte, flags, &mapped);
		parser->path = fxNewParserSymbol(parser, (txString)displayName);
		fxParserHoist(parser);
		fxParserBind(parser);
		script = fxParserCode(parser);
	}
	if (parser->errorCount || !script)
		return 1;
	write_script(paths[2], (const txScript*)script);
	fxDeleteScript(script);
	fxTerminateParser(parser);
	return 0;
}

int main(int argc, char* argv[]) {
	const int plain = (argc == 6) && !strcmp(argv[1], "--no-positions");
	char** arguments = argv + plain;
	if (argc - plain != 5) {
		fprintf(stderr, "usage: xs-compile [--no-positions] SOURCE.js SOURCE.js.map DISPLAY-NAME OUTPUT.xsb\n");
		return 2;
	}
	displayName = arguments[3];
	char* const paths[3] = { arguments[1], arguments[2], arguments[4] };
	return compile(paths, plain ? 0 : mxDebugFlag);
}
