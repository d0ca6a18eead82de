/* native:registers: single aligned volatile accesses inside a window. */
#include "arguments.h"
#include "host-instance.h"
#include "regions.h"
#include "window.h"

/* Marks windows; a chunk needs no destruction. */
static void window_kind(void* data) { (void)data; }

void hf_window_create(xsMachine* the, xsIntegerValue prototypeIndex, const hfWindow* window) {
	hf_new_host_instance(the, &xsResult, &xsArg(prototypeIndex), window_kind, window, sizeof(*window));
}

hfWindow hf_window_of_this(xsMachine* the) {
	const hfWindow* window = hf_host_instance_data(the, &xsThis, window_kind);
	if (!window)
		xsTypeError("this: expected a register window, found another value");
	return *window;
}

void native_registers_open(xsMachine* the) {
	hf_argument_object(the, 0, "prototype");
	const uint32_t base = hf_argument_unsigned(the, 1, "base", UINT32_MAX);
	const uint32_t byteLength = hf_argument_unsigned(the, 2, "byteLength", UINT32_MAX);
	if (!hf_device_window(base, byteLength))
		xsRangeError("open: expected a device of the board, found 0x%lx length 0x%lx", (unsigned long)base, (unsigned long)byteLength);
	const hfWindow window = {.base = base, .byteLength = byteLength};
	hf_window_create(the, 0, &window);
}

/* Address of argument 0 after all checks for an access of width bytes. */
static uintptr_t checked(xsMachine* the, const hfWindow* window, uint32_t width) {
	const uint32_t offset = hf_argument_unsigned(the, 0, "offset", UINT32_MAX);
	if (offset % width != 0)
		xsRangeError("offset: expected a multiple of %lu, found 0x%lx", (unsigned long)width, (unsigned long)offset);
	if ((window->byteLength < width) || (offset > window->byteLength - width))
		xsRangeError("offset: expected 0 to 0x%lx, found 0x%lx", (unsigned long)(window->byteLength - width), (unsigned long)offset);
	return window->base + offset;
}

static void set_unsigned(xsMachine* the, uint32_t value) {
	if (value <= INT32_MAX)
		xsmcSetInteger(xsResult, (xsIntegerValue)value);
	else
		xsmcSetNumber(xsResult, (double)value);
}

static void barrier(const hfWindow* window) {
	if (window->shared)
		__sync_synchronize();
}

#define DEFINE_ACCESS(width, type, maximum)                                        \
	void native_registers_read##width(xsMachine* the) {                            \
		const hfWindow window = hf_window_of_this(the);                            \
		const uintptr_t address = checked(the, &window, sizeof(type));             \
		const type value = *(const volatile type*)address;                         \
		barrier(&window);                                                          \
		set_unsigned(the, value);                                                  \
	}                                                                              \
	void native_registers_write##width(xsMachine* the) {                           \
		const hfWindow window = hf_window_of_this(the);                            \
		const uintptr_t address = checked(the, &window, sizeof(type));             \
		const type value = (type)hf_argument_unsigned(the, 1, "value", (maximum)); \
		barrier(&window);                                                          \
		*(volatile type*)address = value;                                          \
	}

DEFINE_ACCESS(8, uint8_t, UINT8_MAX)
DEFINE_ACCESS(16, uint16_t, UINT16_MAX)
DEFINE_ACCESS(32, uint32_t, UINT32_MAX)
