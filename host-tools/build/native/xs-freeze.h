/* The freezer's parts: the root machine (xs-freeze.c), what it refuses (xs-freeze-check.c), what it prints (xs-freeze-print.c). */
#ifndef HOLDFAST_XS_FREEZE_H
#define HOLDFAST_XS_FREEZE_H

#include "xsAll.h"

enum { MAXIMUM_FUNCTIONS = 256, MAXIMUM_MODULES = 512, MAXIMUM_NAME = 128 };

/* A host function of the firmware: at build time a stub that refuses to run. */
typedef struct {
	char symbol[MAXIMUM_NAME];
	txCallback stub;
} HostFunction;

/* The byte code of one module, in the form that executes in place: ids resolved, inner functions and strings marked as
 * archive forms. Functions and string literals of the root point into it. */
typedef struct {
	char name[MAXIMUM_NAME];
	char path[C_PATH_MAX];
	txByte* code;
	txSize codeSize;
	txU1* kept; /* per byte of the code: belongs to a function that can still be called; NULL = all of it */
	int preload;
} Module;

typedef struct {
	HostFunction functions[MAXIMUM_FUNCTIONS];
	int functionCount;
	Module modules[MAXIMUM_MODULES];
	int moduleCount;
	txCreation creation; /* what the device's machines start with */
	char main[MAXIMUM_NAME]; /* the module whose default export starts a closed root; empty = the root stays open */
} Root;

extern Root root;

/* xs-freeze-heap.c: slots by number */
extern void number_heap(txMachine* the);
extern int slot_number(const txSlot* slot); /* -1 when it is no live heap slot */
extern int slot_count(void);
extern txSlot* slot_at(int number);
/* ... and again after some were left out: forget all, take each that stays (1 the first time), number those. */
extern void forget_slots(void);
extern int take_slot(const txSlot* slot);
extern int is_taken(const txSlot* slot);
extern void number_taken(void);

/* xs-freeze-check.c: returns the count of refusals, each printed as one line */
extern int check_root(txMachine* the);

/* xs-freeze-close.c */
extern void note_builtins(txMachine* the); /* before the first module runs */
extern int close_root(txMachine* the); /* returns the count of refusals */
extern int is_operation_used(int operation);
extern int is_id_mentioned(txID id);
extern int is_private_name(txMachine* the, txID id);

extern txSize operation_size(const txByte* at);
extern txSize function_size(const txByte* at); /* of the function whose CODE operation stands here; 0 for any other */
extern const txByte* end_of_function(const txByte* code);
extern int is_inner_function(const txByte* code);
extern int uses_super(const txByte* code); /* the function that begins here, or one inside it */

/* xs-freeze-fold.c */
extern void forget_scope_names(txMachine* the);
extern void fold_slots(txMachine* the);

/* xs-freeze-inline.c */
extern int inline_constant(txByte* code, int index, int count, const txSlot* value); /* 1: nothing reads the variable now */

/* xs-freeze-print.c */
extern void print_root(txMachine* the, FILE* file, const char* symbolsPath, int aliasCount);
extern void print_keys(txMachine* the, FILE* file);

extern void die(const char* format, ...) __attribute__((noreturn, format(printf, 1, 2)));

#endif
