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

static void print_text(FILE* file, const char* text) {
	int number;
	const Module* module;
	for (number = 0; number < root.moduleCount; number++) {
		module = &root.modules[number];
		if (module->code && (text >= (const char*)module->code) && (text < (const char*)module->code + module->codeSize)) {
			fprintf(file, "(txString)gxCode%d + %d", number, (int)(text - (const char*)module->code));
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
		die("a slot points outside the root heap");
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
			fprintf(file, "(txByte*)gxCode%d + %d", number, (int)(code - module->code));
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
	for (index = 0; index < root.moduleCount; index++) {
		if (root.modules[index].code) {
			fprintf(file, "/* %s */\nstatic const txU1 gxCode%d[%d] = {", root.modules[index].name, index, (int)root.modules[index].codeSize);
			print_bytes(file, (const uint8_t*)root.modules[index].code, (int)root.modules[index].codeSize);
			fputs("};\n", file);
		}
	}
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

/* JSON: the modules that the root holds, and its keys by id; null where a key is a symbol. Archives are linked by it. */
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
		if (key && ((key->kind == XS_KEY_KIND) || (key->kind == XS_KEY_X_KIND)))
			print_json_text(file, key->value.key.string);
		else
			fputs("null", file);
	}
	fputs("]}\n", file);
}
