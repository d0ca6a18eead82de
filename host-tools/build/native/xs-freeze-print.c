/* Prints the root as C constants: slots by kind with designated initialisers, texts pooled, byte code a module. The same
 * C file serves every 32-bit board. */
#include "xs-freeze.h"

/* ---- names of engine functions, from nm ---- */

typedef struct {
	uintptr_t address;
	char type;
	char name[MAXIMUM_NAME];
} Symbol;

static Symbol* symbols;
static int symbolCount;

static void read_symbols(const char* path) {
	FILE* file = fopen(path, "r");
	char line[512];
	if (!file)
		die("cannot read %s", path);
	symbols = calloc(20000, sizeof(Symbol));
	while (fgets(line, sizeof(line), file) && (symbolCount < 20000)) {
		Symbol* symbol = &symbols[symbolCount];
		unsigned long long address;
		if ((sscanf(line, "%llx %c %127s", &address, &symbol->type, symbol->name) == 3) && strchr("TtDdBbRr", symbol->type)) {
			symbol->address = (uintptr_t)address;
			symbolCount++;
		}
	}
	fclose(file);
}

static const char* callback_name(txCallback callback) {
	int index;
	for (index = 0; index < root.functionCount; index++)
		if (root.functions[index].stub == callback)
			return root.functions[index].symbol;
	for (index = 0; index < symbolCount; index++) {
		if (symbols[index].address == (uintptr_t)callback) {
			if (symbols[index].type != 'T')
				die("callback %s is static: the firmware cannot name it", symbols[index].name);
			return symbols[index].name;
		}
	}
	die("callback at %p has no name", (void*)(uintptr_t)callback);
}

/* ---- texts, pooled ---- */

static const char** texts;
static int* textOffsets;
static int textCount, textTotal, textCapacity;

static int text_offset(const char* text) {
	/* Open addressing over the pool; texts are few thousand. */
	static int table[16384];
	uint32_t hash = 2166136261u;
	const char* at;
	for (at = text; *at; at++)
		hash = (hash ^ (uint8_t)*at) * 16777619u;
	for (hash %= 16384; table[hash]; hash = (hash + 1) % 16384)
		if (!strcmp(texts[table[hash] - 1], text))
			return textOffsets[table[hash] - 1];
	if (textCount == textCapacity) {
		textCapacity = textCapacity ? textCapacity * 2 : 4096;
		texts = realloc(texts, (size_t)textCapacity * sizeof(char*));
		textOffsets = realloc(textOffsets, (size_t)textCapacity * sizeof(int));
	}
	if (textCount >= 12000)
		die("too many texts in the root");
	texts[textCount] = text;
	textOffsets[textCount] = textTotal;
	textTotal += (int)strlen(text) + 1;
	table[hash] = ++textCount;
	return textOffsets[textCount - 1];
}

/* ---- byte code: what a closed root keeps of a module lies without gaps ---- */

static int is_kept(const Module* module, const txByte* at) { return !module->kept || module->kept[at - module->code]; }

static int kept_offset(const Module* module, const txByte* end) {
	const txByte* at;
	int count = 0;
	if (!module->kept)
		return (int)(end - module->code);
	for (at = module->code; at < end; at++)
		count += module->kept[at - module->code];
	return count;
}

static int kept_size(const Module* module) { return kept_offset(module, module->code + module->codeSize); }

static void print_text(FILE* file, const char* text) {
	int number;
	const Module* module;
	for (number = 0; number < root.moduleCount; number++) {
		module = &root.modules[number];
		if (module->code && (text >= (const char*)module->code) && (text < (const char*)module->code + module->codeSize)
			&& is_kept(module, (const txByte*)text)) {
			fprintf(file, "(txString)gxCode%d + %d", number, kept_offset(module, (const txByte*)text));
			return;
		}
	}
	fprintf(file, "(txString)gxTexts + %d", text_offset(text));
}

/* ---- pointers ---- */

static void print_slot_pointer(FILE* file, const txSlot* slot) {
	int number;
	if (!slot) {
		fputs("0", file);
		return;
	}
	number = slot_number(slot);
	if (number < 0)
		die("a slot of kind %d, id %d points outside the root heap", slot->kind, slot->ID);
	fprintf(file, "H(%d)", number);
}

static void print_code_pointer(FILE* file, const txByte* code) {
	int number;
	if (code == (const txByte*)gxNoCode) {
		fputs("(txByte*)gxNoCode", file);
		return;
	}
	for (number = 0; number < root.moduleCount; number++) {
		const Module* module = &root.modules[number];
		if (module->code && (code >= module->code) && (code < module->code + module->codeSize)) {
			fprintf(file, "(txByte*)gxCode%d + %d", number, kept_offset(module, code));
			return;
		}
	}
	die("a function's byte code lies outside every module");
}

static void print_number(FILE* file, txNumber number) {
	if (number != number)
		fputs("__builtin_nan(\"\")", file);
	else if (number > C_DBL_MAX)
		fputs("__builtin_inf()", file);
	else if (number < -C_DBL_MAX)
		fputs("-__builtin_inf()", file);
	else
		fprintf(file, "%a", number);
}

/* ---- chunks: the ones that XS reads through their header get a real one ---- */

static int chunk_size(const void* data) {
	return ((const txChunk*)(const void*)((const uint8_t*)data - sizeof(txChunk)))->size & 0x7fffffff;
}

static void print_slot(txMachine* the, FILE* file, txSlot* slot, int inArray, int marked, int isNumbered);

static void print_bytes(FILE* file, const uint8_t* bytes, int count) {
	int index;
	for (index = 0; index < count; index++)
		fprintf(file, "%s%d,", (index % 32) ? "" : "\n\t", bytes[index]);
	fputc('\n', file);
}

/* Slots that own a chunk name it by their own number. */
static void print_chunks(txMachine* the, FILE* file) {
	int number;
	for (number = 0; number < slot_count(); number++) {
		txSlot* slot = slot_at(number);
		txIndex index, length;
		int size;
		switch (slot->kind) {
		case XS_ARRAY_KIND:
			if (!slot->value.array.address)
				break;
			length = fxGetIndexSize(the, slot);
			fprintf(file, "static const struct { txChunk chunk; txSlot items[%u]; } gxChunk%d = { { sizeof(txChunk) + %u * sizeof(txSlot), 0 }, {\n",
				(unsigned)(length ? length : 1), number, (unsigned)length);
			for (index = 0; index < length; index++)
				print_slot(the, file, slot->value.array.address + index, 1, 1, 0);
			fputs("} };\n", file);
			break;
		case XS_ARRAY_BUFFER_KIND:
			if (!slot->value.arrayBuffer.address)
				break;
			size = chunk_size(slot->value.arrayBuffer.address) - (int)sizeof(txChunk);
			fprintf(file, "static const struct { txChunk chunk; _Alignas(8) txU1 bytes[%d]; } gxChunk%d = { { sizeof(txChunk) + %d, 0 }, {",
				size ? size : 1, number, size);
			print_bytes(file, (const uint8_t*)slot->value.arrayBuffer.address, size);
			fputs("} };\n", file);
			break;
		case XS_BIGINT_KIND: case XS_BIGINT_X_KIND:
			fprintf(file, "static const txU4 gxChunk%d[] = {", number);
			for (index = 0; index < slot->value.bigint.size; index++)
				fprintf(file, "%uu,", slot->value.bigint.data[index]);
			fputs("};\n", file);
			break;
		case XS_REGEXP_KIND:
			if (!slot->value.regexp.code)
				break;
			size = chunk_size(slot->value.regexp.code) - (int)sizeof(txChunk);
			fprintf(file, "static const struct { txChunk chunk; txInteger code[%d]; } gxChunk%d = { { sizeof(txChunk) + %d, 0 }, {",
				size / 4, number, size);
			for (index = 0; index < (txIndex)size / 4; index++)
				fprintf(file, "%d,", slot->value.regexp.code[index]);
			fputs("} };\n", file);
			break;
		case XS_MAP_KIND: case XS_SET_KIND:
			fprintf(file, "static const struct { txChunk chunk; txSlot* table[%d]; } gxChunk%d = { { sizeof(txChunk) + %d * sizeof(txSlot*), 0 }, {",
				(int)slot->value.table.length, number, (int)slot->value.table.length);
			for (index = 0; index < (txIndex)slot->value.table.length; index++) {
				print_slot_pointer(file, slot->value.table.address[index]);
				fputc(',', file);
			}
			fputs("} };\n", file);
			break;
		case XS_IDS_KIND:
			if (slot->value.IDs)
				die("ids of a script stayed in the root");
			break;
		default:
			break;
		}
	}
}

/* ---- slots ---- */

static void print_value(txMachine* the, FILE* file, txSlot* slot, txKind kind) {
	int number = slot_number(slot);
	switch (kind) {
	case XS_UNINITIALIZED_KIND: case XS_UNDEFINED_KIND: case XS_NULL_KIND:
		break;
	case XS_BOOLEAN_KIND:
		fprintf(file, ".boolean=%d", slot->value.boolean);
		break;
	case XS_INTEGER_KIND:
		fprintf(file, ".integer=%d", slot->value.integer);
		break;
	case XS_NUMBER_KIND: case XS_DATE_KIND:
		fputs(".number=", file);
		print_number(file, slot->value.number);
		break;
	case XS_STRING_X_KIND:
		fputs(".string=", file);
		print_text(file, slot->value.string);
		break;
	case XS_SYMBOL_KIND:
		fprintf(file, ".symbol=%d", slot->value.symbol);
		break;
	case XS_BIGINT_X_KIND:
		if (number < 0)
			die("a BigInt lies outside the root heap");
		fprintf(file, ".bigint={(txU4*)gxChunk%d,%d,%d}", number, slot->value.bigint.size, slot->value.bigint.sign);
		break;
	case XS_REFERENCE_KIND: case XS_CLOSURE_KIND:
		fputs(".reference=", file);
		print_slot_pointer(file, slot->value.reference);
		break;
	case XS_INSTANCE_KIND:
		fputs(".instance={0,", file);
		print_slot_pointer(file, slot->value.instance.prototype);
		fputc('}', file);
		break;
	case XS_ARRAY_KIND:
		if (slot->value.array.address)
			fprintf(file, ".array={(txSlot*)gxChunk%d.items,%u}", number, (unsigned)slot->value.array.length);
		else
			fprintf(file, ".array={0,%u}", (unsigned)slot->value.array.length);
		break;
	case XS_ARRAY_BUFFER_KIND:
		if (slot->value.arrayBuffer.address)
			fprintf(file, ".arrayBuffer={(txByte*)gxChunk%d.bytes,0}", number);
		break;
	case XS_BUFFER_INFO_KIND:
		fprintf(file, ".bufferInfo={%d,%d}", slot->value.bufferInfo.length, slot->value.bufferInfo.maxLength);
		break;
	case XS_CALLBACK_KIND: case XS_CALLBACK_X_KIND:
		fprintf(file, ".callback={%s,", callback_name(slot->value.callback.address));
		print_slot_pointer(file, slot->value.callback.closures);
		fputc('}', file);
		break;
	case XS_CODE_X_KIND:
		fputs(".code={", file);
		print_code_pointer(file, slot->value.code.address);
		fputc(',', file);
		print_slot_pointer(file, slot->value.code.closures);
		fputc('}', file);
		break;
	case XS_DATA_VIEW_KIND:
		fprintf(file, ".dataView={%d,%d}", slot->value.dataView.offset, slot->value.dataView.size);
		break;
	case XS_TYPED_ARRAY_KIND:
		fprintf(file, ".typedArray={(txTypeDispatch*)&gxTypeDispatches[%d],(txTypeAtomics*)&gxTypeAtomics[%d]}",
			(int)(slot->value.typedArray.dispatch - gxTypeDispatches), (int)(slot->value.typedArray.atomics - gxTypeAtomics));
		break;
	case XS_REGEXP_KIND:
		if (slot->value.regexp.code)
			fprintf(file, ".regexp={(txInteger*)gxChunk%d.code,0}", number);
		break;
	case XS_MAP_KIND: case XS_SET_KIND:
		fprintf(file, ".table={(txSlot**)gxChunk%d.table,%d}", number, slot->value.table.length);
		break;
	case XS_ENTRY_KIND:
		fputs(".entry={", file);
		print_slot_pointer(file, slot->value.entry.slot);
		fprintf(file, ",%uu}", slot->value.entry.sum);
		break;
	case XS_HOST_KIND:
		break; /* check_root let only empty ones through */
	case XS_MODULE_KIND: case XS_PROGRAM_KIND:
		if (slot->value.module.realm)
			die("a module kept its realm");
		fprintf(file, ".module={0,%d}", slot->value.module.id);
		break;
	case XS_PROMISE_KIND:
		fprintf(file, ".integer=%d", slot->value.integer);
		break;
	case XS_ACCESSOR_KIND:
		fputs(".accessor={", file);
		print_slot_pointer(file, slot->value.accessor.getter);
		fputc(',', file);
		print_slot_pointer(file, slot->value.accessor.setter);
		fputc('}', file);
		break;
	case XS_AT_KIND:
		fprintf(file, ".at={%u,%d}", slot->value.at.index, slot->value.at.id);
		break;
	case XS_ERROR_KIND:
		/* The stack of an Error made at build time says nothing on the device. */
		fprintf(file, ".error={0,%d}", slot->value.error.which);
		break;
	case XS_HOME_KIND:
		fputs(".home={", file);
		print_slot_pointer(file, slot->value.home.object);
		fputc(',', file);
		print_slot_pointer(file, slot->value.home.module);
		fputc('}', file);
		break;
	case XS_KEY_X_KIND:
		fputs(".key={", file);
		print_text(file, slot->value.key.string);
		fprintf(file, ",0x%xu}", slot->value.key.sum);
		break;
	case XS_LIST_KIND:
		fputs(".list={", file);
		print_slot_pointer(file, slot->value.list.first);
		fputc(',', file);
		print_slot_pointer(file, slot->value.list.last);
		fputc('}', file);
		break;
	case XS_PRIVATE_KIND:
		fputs(".private={", file);
		print_slot_pointer(file, slot->value.private.check);
		fputc(',', file);
		print_slot_pointer(file, slot->value.private.first);
		fputc('}', file);
		break;
	case XS_EXPORT_KIND:
		fputs(".export={", file);
		print_slot_pointer(file, slot->value.export.closure);
		fputc(',', file);
		print_slot_pointer(file, slot->value.export.module);
		fputc('}', file);
		break;
	default:
		die("slot kind %d cannot be frozen", kind);
	}
	(void)the;
}

/* The kind's twin outside the heap: the collector must neither mark nor move its chunk. */
static txKind frozen_kind(txKind kind) {
	switch (kind) {
	case XS_STRING_KIND: return XS_STRING_X_KIND;
	case XS_KEY_KIND: return XS_KEY_X_KIND;
	case XS_BIGINT_KIND: return XS_BIGINT_X_KIND;
	case XS_CODE_KIND: return XS_CODE_X_KIND;
	default: return kind;
	}
}

static void print_slot(txMachine* the, FILE* file, txSlot* slot, int inArray, int marked, int isNumbered) {
	txKind kind = frozen_kind(slot->kind);
	txFlag flag = marked ? (txFlag)(slot->flag | XS_MARK_FLAG) : (txFlag)(slot->flag & ~XS_MARK_FLAG);
	fputs("{ .next=", file);
	if (inArray)
		fprintf(file, "(txSlot*)%uu", *((txIndex*)slot)); /* an array item's index */
	else if (isNumbered)
		print_slot_pointer(file, slot->next);
	else
		fputs("0", file);
	fprintf(file, ", .kind=%d, .flag=%d, .ID=%d, .value={", kind, flag, slot->ID);
	print_value(the, file, slot, kind);
	fputs("} },\n", file);
}

static void print_slot_table(FILE* file, const char* name, txSlot** table, int count) {
	int index;
	fprintf(file, "static txSlot* const %s[%d] = {", name, count);
	for (index = 0; index < count; index++) {
		if (index % 16 == 0)
			fputs("\n\t", file);
		print_slot_pointer(file, table[index]);
		fputc(',', file);
	}
	fputs("\n};\n", file);
}

/* ---- a closed root brings the tables through which the engine reaches its optional parts (xsDefaults.c) ---- */

static void print_function(FILE* file, const char* name, int isUsed) {
	fprintf(file, "\t%s%s,\n", isUsed ? "" : "(void*)", isUsed ? name : "hf_not_in_this_machine");
}

static void print_type(FILE* file, const char* name, int size, int shift, const char* coerce, int isUsed) {
	const char* access = strcmp(name, "Uint8Clamped") ? name : "Uint8";
	fprintf(file, "\t{ %d, %d, ", size, shift);
	if (isUsed)
		fprintf(file, "fx%sGetter, fx%sSetter, %s, fx%sCompare, ", access, name, coerce, access);
	else
		fputs("(void*)hf_not_in_this_machine, (void*)hf_not_in_this_machine, (void*)hf_not_in_this_machine, (void*)hf_not_in_this_machine, ", file);
	fprintf(file, "_get%s, _set%s, _%sArray },\n", access, access, name);
}

static void print_defaults(FILE* file) {
	static const struct { const char* name; int size, shift; const char* coerce; txID id, get, set; } types[] = {
		{ "BigInt64", 8, 3, "fxBigIntCoerce", _BigInt64Array, _getBigInt64, _setBigInt64 },
		{ "BigUint64", 8, 3, "fxBigIntCoerce", _BigUint64Array, _getBigUint64, _setBigUint64 },
		{ "Float32", 4, 2, "fxNumberCoerce", _Float32Array, _getFloat32, _setFloat32 },
		{ "Float64", 8, 3, "fxNumberCoerce", _Float64Array, _getFloat64, _setFloat64 },
		{ "Int8", 1, 0, "fxIntCoerce", _Int8Array, _getInt8, _setInt8 },
		{ "Int16", 2, 1, "fxIntCoerce", _Int16Array, _getInt16, _setInt16 },
		{ "Int32", 4, 2, "fxIntCoerce", _Int32Array, _getInt32, _setInt32 },
		{ "Uint8", 1, 0, "fxUintCoerce", _Uint8Array, _getUint8, _setUint8 },
		{ "Uint16", 2, 1, "fxUintCoerce", _Uint16Array, _getUint16, _setUint16 },
		{ "Uint32", 4, 2, "fxUintCoerce", _Uint32Array, _getUint32, _setUint32 },
		{ "Uint8Clamped", 1, 0, "fxNumberCoerce", _Uint8ClampedArray, _getUint8, _setUint8 },
	};
	const int hasGenerator = is_operation_used(XS_CODE_START_GENERATOR);
	const int hasPrivate = is_operation_used(XS_CODE_NEW_PRIVATE_1) || is_operation_used(XS_CODE_NEW_PRIVATE_2);
	const int hasBigInt = is_operation_used(XS_CODE_BIGINT_1) || is_operation_used(XS_CODE_BIGINT_2) || is_id_mentioned(_BigInt);
	size_t index;
	fputs("extern void hf_not_in_this_machine(txMachine* the);\nextern void hf_capture_error_stack(txMachine* the, txSlot* internal, txSlot* frame);\n"
		"const txDefaults gxDefaults = {\n", file);
	print_function(file, "fxNewAsyncInstance", 0);
	print_function(file, "fxRunAsync", 0);
	print_function(file, "fxNewGeneratorInstance", hasGenerator);
	print_function(file, "fxNewGeneratorFunctionInstance", hasGenerator);
	print_function(file, "fxNewAsyncGeneratorInstance", 0);
	print_function(file, "fxNewAsyncGeneratorFunctionInstance", 0);
	print_function(file, "fxRunForAwaitOf", 0);
	print_function(file, "fxNewArgumentsSloppyInstance", is_operation_used(XS_CODE_ARGUMENTS_SLOPPY));
	print_function(file, "fxNewArgumentsStrictInstance", is_operation_used(XS_CODE_ARGUMENTS_STRICT));
	print_function(file, "fxRunEval", 0);
	print_function(file, "fxRunEvalEnvironment", 0);
	print_function(file, "fxRunProgramEnvironment", 0);
	fputs("\t0,\n\t0,\n\t0,\n\t0,\n", file); /* shared cluster twice; lengths and names of functions */
	print_function(file, "fxRunImport", 0);
	print_function(file, "fxDefinePrivateProperty", hasPrivate);
	print_function(file, "fxGetPrivateProperty", hasPrivate);
	print_function(file, "fxSetPrivateProperty", hasPrivate);
	fprintf(file, "\t%s,\n\thf_capture_error_stack,\n};\n", is_id_mentioned(_FinalizationRegistry) || is_id_mentioned(_WeakRef)
		? "fxCleanupFinalizationRegistries" : "0");
	fprintf(file, "const txBehavior* gxBehaviors[XS_BEHAVIOR_COUNT] = {\n\t&gxOrdinaryBehavior,\n\t&%s,\n\t&gxOrdinaryBehavior,\n"
		"\t&gxArrayBehavior,\n\t&gxEnvironmentBehavior,\n\t&gxOrdinaryBehavior,\n\t&gxOrdinaryBehavior,\n\t&%s,\n\t&gxStringBehavior,\n"
		"\t&gxTypedArrayBehavior,\n};\n",
		is_operation_used(XS_CODE_ARGUMENTS_SLOPPY) ? "gxArgumentsSloppyBehavior" : "gxOrdinaryBehavior",
		is_id_mentioned(_Proxy) ? "gxProxyBehavior" : "gxOrdinaryBehavior");
	fputs("const txTypeDispatch gxTypeDispatches[mxTypeArrayCount] = {\n", file);
	for (index = 0; index < sizeof(types) / sizeof(types[0]); index++)
		print_type(file, types[index].name, types[index].size, types[index].shift, types[index].coerce,
			is_id_mentioned(types[index].id) || is_id_mentioned(types[index].get) || is_id_mentioned(types[index].set));
	fputs("};\nconst txTypeAtomics gxTypeAtomics[mxTypeArrayCount] = { 0 };\n", file); /* Atomics never stays */
	if (hasBigInt)
		fputs("const txTypeBigInt gxTypeBigInt = {\n\tfxBigIntCompare, fxBigIntDecode, fxBigintToArrayBuffer, fxBigIntToInstance, fxBigIntToNumber,\n"
			"\tfxBigintToString, fxBigInt_add, fxBigInt_and, fxBigInt_dec, fxBigInt_div, fxBigInt_exp, fxBigInt_inc, fxBigInt_lsl,\n"
			"\tfxBigInt_lsr, fxBigInt_mul, fxBigInt_neg, fxBigInt_nop, fxBigInt_not, fxBigInt_or, fxBigInt_rem, fxBigInt_sub, fxBigInt_xor\n};\n", file);
	else {
		fputs("const txTypeBigInt gxTypeBigInt = {\n", file);
		for (index = 0; index < sizeof(txTypeBigInt) / sizeof(void*); index++)
			fputs("\t(void*)hf_not_in_this_machine,\n", file);
		fputs("};\n", file);
	}
}

static void print_declarations(FILE* file) {
	int index;
	fputs("/* Generated: the root machine, frozen. Do not edit. */\n#include \"xsAll.h\"\n\n", file);
	fprintf(file, "_Static_assert(sizeof(txSlot) == 16, \"expected a 32-bit target\");\n");
	fprintf(file, "_Static_assert(XS_ID_COUNT == %d, \"host and target XS differ: ids\");\n", XS_ID_COUNT);
	fprintf(file, "_Static_assert(XS_CODE_COUNT == %d, \"host and target XS differ: operations\");\n", XS_CODE_COUNT);
	fprintf(file, "_Static_assert(XS_INTRINSICS_COUNT == %d, \"host and target XS differ: intrinsics\");\n", XS_INTRINSICS_COUNT);
	fprintf(file, "_Static_assert((XS_MAJOR_VERSION == %d) && (XS_MINOR_VERSION == %d), \"host and target XS differ: version\");\n\n",
		XS_MAJOR_VERSION, XS_MINOR_VERSION);
	for (index = 0; index < root.functionCount; index++)
		fprintf(file, "extern void %s(txMachine* the);\n", root.functions[index].symbol);
}

static void print_code(FILE* file, int number) {
	const Module* module = &root.modules[number];
	const int size = kept_size(module);
	uint8_t* bytes = malloc((size_t)module->codeSize);
	txSize at;
	int count = 0;
	if (size > 0) {
		for (at = 0; at < module->codeSize; at++)
			if (is_kept(module, module->code + at))
				bytes[count++] = (uint8_t)module->code[at];
		fprintf(file, "/* %s */\nstatic const txU1 gxCode%d[%d] = {", module->name, number, size);
		print_bytes(file, bytes, size);
		fputs("};\n", file);
	}
	free(bytes);
}

void print_root(txMachine* the, FILE* file, const char* symbolsPath, int aliasCount) {
	int index, stackCount = (int)(the->stackTop - the->stack);
	char* body;
	size_t bodySize;
	FILE* memory = open_memstream(&body, &bodySize);
	read_symbols(symbolsPath);
	print_chunks(the, memory);
	fprintf(memory, "const txSlot gxHeap[%d] = {\n", slot_count());
	for (index = 0; index < slot_count(); index++)
		print_slot(the, memory, slot_at(index), 0, 1, 1);
	fprintf(memory, "};\nstatic const txSlot gxStack[%d] = {\n", stackCount);
	for (index = 0; index < stackCount; index++)
		print_slot(the, memory, the->stack + index, 0, 0, 0);
	fputs("};\n", memory);
	print_slot_table(memory, "gxKeys", the->keyArray, the->keyIndex);
	print_slot_table(memory, "gxNames", the->nameTable, the->nameModulo);
	print_slot_table(memory, "gxSymbols", the->symbolTable, the->symbolModulo);
	fclose(memory);

	print_declarations(file);
	for (index = 0; index < root.moduleCount; index++)
		if (root.modules[index].code)
			print_code(file, index);
	fprintf(file, "static const char gxTexts[%d] = {", textTotal ? textTotal : 1);
	for (index = 0; index < textCount; index++)
		print_bytes(file, (const uint8_t*)texts[index], (int)strlen(texts[index]) + 1);
	fputs("};\n", file);
	fprintf(file, "extern const txSlot gxHeap[%d];\n#define H(N) ((txSlot*)&gxHeap[N])\n", slot_count());
	fwrite(body, 1, bodySize, file);
	free(body);
	fprintf(file, "static const txPreparation preparation = {\n\t.version = { %d, %d, %d, 0 },\n\t.aliasCount = %d,\n"
		"\t.heapCount = %d, .heap = (txSlot*)gxHeap,\n\t.stackCount = %d, .stack = (txSlot*)gxStack,\n"
		"\t.keyCount = %d, .keys = (txSlot**)gxKeys,\n\t.nameModulo = %d, .names = (txSlot**)gxNames,\n"
		"\t.symbolModulo = %d, .symbols = (txSlot**)gxSymbols,\n\t.profileID = %d,\n\t.creation = {",
		XS_MAJOR_VERSION, XS_MINOR_VERSION, XS_PATCH_VERSION, aliasCount, slot_count(), stackCount, the->keyIndex,
		(int)the->nameModulo, (int)the->symbolModulo, the->profileID);
	for (index = 0; index < 12; index++)
		fprintf(file, " %d,", ((txSize*)&root.creation)[index]);
	fputs(" },\n};\nconst txPreparation* const gxPreparation = &preparation;\n", file);
	if (root.main[0])
		print_defaults(file);
}

static void print_json_text(FILE* file, const char* text) {
	fputc('"', file);
	for (; *text; text++) {
		if ((*text == '"') || (*text == '\\') || ((uint8_t)*text < 32))
			fprintf(file, "\\u%04x", (uint8_t)*text);
		else
			fputc(*text, file);
	}
	fputc('"', file);
}

/* JSON: the modules that the root holds, and its keys by id; null where a key is a symbol or has no name. Archives are linked
 * by it. A closed root tells which operations its byte code uses. */
void print_keys(txMachine* the, FILE* file) {
	const char* separator = "";
	int index;
	txID id;
	fputs("{\"modules\":[", file);
	for (index = 0; index < root.moduleCount; index++) {
		if (root.modules[index].code) {
			fputs(separator, file);
			print_json_text(file, root.modules[index].name);
			separator = ",\n";
		}
	}
	fputs("],\n\"keys\":[", file);
	for (id = 0; id < the->keyIndex; id++) {
		txSlot* key = the->keyArray[id];
		if (id)
			fputs(",\n", file);
		if (key && (key->ID == id) && ((key->kind == XS_KEY_KIND) || (key->kind == XS_KEY_X_KIND)))
			print_json_text(file, key->value.key.string);
		else
			fputs("null", file);
	}
	fputs("]", file);
	if (root.main[0]) {
		const int hasFractions = is_id_mentioned(_JSON) || is_id_mentioned(_parseFloat) || is_id_mentioned(_toExponential)
			|| is_id_mentioned(_toFixed) || is_id_mentioned(_toPrecision) || is_id_mentioned(_pow);
		fprintf(file, ",\n\"closed\":{\"wholeNumbers\":%s,\"noProxy\":%s", hasFractions ? "false" : "true",
			is_id_mentioned(_Proxy) ? "false" : "true");
		separator = ",\"operations\":[";
		for (index = 0; index < XS_CODE_COUNT; index++) {
			if (is_operation_used(index)) {
				fprintf(file, "%s%d", separator, index);
				separator = ",";
			}
		}
		fputs("]}", file);
	}
	fputs("}\n", file);
}
