/* A runtime that tries everything it must not be able to do, and says what came of it. */
#include <setjmp.h>
#include <string.h>

#include "board-config.h"
#include "cpu.h"
#include "regions.h"
#include "root-call.h"
#include "saved-state.h"
#include "say.h"
#include "services.h"

extern uint32_t odd_registers(uint32_t number, uint32_t seed);

static uint32_t call(uint32_t number, uint32_t a1, uint32_t a2, uint32_t a3, uint32_t a4) {
	uint32_t length;
	return hf_root_call(number, (const void*)(uintptr_t)a1, a2, (void*)(uintptr_t)a3, a4, &length);
}

/* ---- attempts whose fault comes back here ---- */

static struct {
	uint8_t stack[1024];
	hfSavedState state;
} fault __attribute__((aligned(16)));
static jmp_buf back;

void on_fault(void) __attribute__((noreturn));
void on_fault(void) { longjmp(back, 1); }

void fault_entry(void);
__asm__(".text\n\t.balign 4\n\t.global fault_entry\nfault_entry:\n\t.option push\n\t.option norelax\n\tla gp, __global_pointer$\n\t"
		".option pop\n\tla tp, __tls_base\n\tj on_fault");

static uint32_t set_handler(void (*entry)(void), const void* state) {
	return call(HF_SERVICE_FAULT_HANDLER, (uint32_t)(uintptr_t)entry, (uint32_t)(uintptr_t)state, 0, 0);
}

typedef void hfAct(uint32_t argument);

/* Says cause and value of the fault, or that there was none. */
static void attempt(const char* what, hfAct* act, uint32_t argument) {
	set_handler(fault_entry, &fault.state);
	if (setjmp(back) == 0) {
		act(argument);
		say("try %s %08lx none", what, (unsigned long)argument);
	} else
		say("try %s %08lx cause=%lu value=%08lx", what, (unsigned long)argument, (unsigned long)fault.state.cause,
			(unsigned long)fault.state.value);
}

static void load(uint32_t address) { (void)*(volatile uint32_t*)(uintptr_t)address; }
static void load_byte(uint32_t address) { (void)*(volatile uint8_t*)(uintptr_t)address; }
static void store(uint32_t address) { *(volatile uint32_t*)(uintptr_t)address = 0; }
static void execute(uint32_t address) { ((void (*)(void))(uintptr_t)address)(); }

static uint32_t ownCode[4] __attribute__((aligned(16)));

/* Neither to be read nor written nor executed. */
static const uint32_t forbidden[] = {
	0,
	HF_MEMORY_RESET_ROM_BASE,
	HF_DEVICE_TEST_FINISHER_BASE,
	HF_DEVICE_RTC_BASE + HF_DEVICE_RTC_LENGTH,
	HF_DEVICE_TIMER_BASE, /* software interrupt */
	HF_DEVICE_TIMER_BASE + 0x4000, /* comparator */
	HF_DEVICE_TIMER_BASE + 0xbff8, /* time */
	HF_DEVICE_INTERRUPT_CONTROLLER_BASE - 4,
	HF_DEVICE_INTERRUPT_CONTROLLER_BASE + 0x400000,
	HF_DEVICE_SERIAL_BASE + HF_DEVICE_SERIAL_LENGTH,
	HF_DEVICE_VIRTIO0_BASE,
	HF_DEVICE_VIRTIO0_BASE + 0x50, /* queue notify */
	HF_DEVICE_VIRTIO1_BASE,
	0x10100000, /* fw_cfg, another device that writes where it likes */
	0x10100010,
	HF_PARTITION_ROM_BASE,
	HF_PARTITION_STORAGE_BASE - 4,
	HF_PARTITION_STORAGE_BASE + HF_PARTITION_STORAGE_LENGTH,
	HF_PARTITION_ROOT_A_BASE,
	HF_PARTITION_ROOT_B_BASE,
	HF_PARTITION_RUNTIME_A_BASE - 4,
	HF_PARTITION_RUNTIME_B_BASE,
	HF_PARTITION_STATE_BASE,
	HF_PARTITION_LIFECYCLE_BASE,
	HF_PARTITION_LOG_BASE,
	HF_PARTITION_DEVICE_SECRET_BASE,
	HF_MEMORY_SECURE_RAM_BASE - 4,
	HF_MEMORY_SECURE_RAM_BASE,
	HF_MEMORY_ROOT_HAND_OVER_BASE,
	HF_MEMORY_FLASH_ROUTINE_BASE,
	HF_MEMORY_DMA_BASE,
	HF_MEMORY_RUNTIME_RAM_BASE - 4,
	HF_MEMORY_RUNTIME_HAND_OVER_BASE + HF_MEMORY_RUNTIME_HAND_OVER_LENGTH,
	0xfffffffc,
};

#define INSTRUCTION(name, text)              \
	static void name(uint32_t unused) {      \
		(void)unused;                        \
		__asm__ volatile(".option push\n\t.option arch, +zicsr\n\t" text "\n\t.option pop" ::: "t0", "memory"); \
	}

INSTRUCTION(write_mstatus, "csrw mstatus, zero")
INSTRUCTION(read_mstatus, "csrr t0, mstatus")
INSTRUCTION(write_mtvec, "csrw mtvec, t0")
INSTRUCTION(read_mscratch, "csrr t0, mscratch")
INSTRUCTION(read_mepc, "csrr t0, mepc")
INSTRUCTION(write_mie, "csrw mie, zero")
INSTRUCTION(write_mip, "csrw mip, zero")
INSTRUCTION(write_pmpcfg0, "csrw pmpcfg0, zero")
INSTRUCTION(write_pmpaddr0, "csrw pmpaddr0, zero")
INSTRUCTION(read_pmpaddr15, "csrr t0, pmpaddr15")
INSTRUCTION(write_mseccfg, "csrw 0x747, zero")
INSTRUCTION(write_mcounteren, "csrw mcounteren, t0")
INSTRUCTION(write_mcountinhibit, "csrw mcountinhibit, t0")
INSTRUCTION(write_minstret, "csrw minstret, t0")
INSTRUCTION(write_cycle, "csrw cycle, t0")
INSTRUCTION(write_time, "csrw time, t0")
INSTRUCTION(read_hpmcounter3, "csrr t0, hpmcounter3")
INSTRUCTION(read_mhartid, "csrr t0, mhartid")
INSTRUCTION(write_misa, "csrw misa, t0")
INSTRUCTION(read_satp, "csrr t0, satp")
INSTRUCTION(read_sstatus, "csrr t0, sstatus")
INSTRUCTION(write_tselect, "csrw 0x7a0, t0")
INSTRUCTION(write_tdata1, "csrw 0x7a1, t0")
INSTRUCTION(read_dcsr, "csrr t0, 0x7b0")
INSTRUCTION(run_mret, "mret")
INSTRUCTION(run_sret, "sret")
INSTRUCTION(run_dret, ".word 0x7b200073")
INSTRUCTION(run_wfi, "wfi")
INSTRUCTION(run_fence_vma, ".word 0x12000073")
INSTRUCTION(run_ebreak, "ebreak")
INSTRUCTION(run_floating_point, ".word 0x00000053")
INSTRUCTION(run_nothing, "unimp")
INSTRUCTION(read_time, "csrr t0, time")
INSTRUCTION(read_cycle, "csrr t0, cycle")
INSTRUCTION(read_instret, "csrr t0, instret")

static const struct {
	const char* name;
	hfAct* act;
} instructions[] = {
	{"write-mstatus", write_mstatus}, {"read-mstatus", read_mstatus}, {"write-mtvec", write_mtvec}, {"read-mscratch", read_mscratch},
	{"read-mepc", read_mepc}, {"write-mie", write_mie}, {"write-mip", write_mip}, {"write-pmpcfg0", write_pmpcfg0},
	{"write-pmpaddr0", write_pmpaddr0}, {"read-pmpaddr15", read_pmpaddr15}, {"write-mseccfg", write_mseccfg},
	{"write-mcounteren", write_mcounteren}, {"write-mcountinhibit", write_mcountinhibit}, {"write-minstret", write_minstret},
	{"write-cycle", write_cycle}, {"write-time", write_time}, {"read-hpmcounter3", read_hpmcounter3}, {"read-mhartid", read_mhartid},
	{"write-misa", write_misa}, {"read-satp", read_satp}, {"read-sstatus", read_sstatus}, {"write-tselect", write_tselect},
	{"write-tdata1", write_tdata1}, {"read-dcsr", read_dcsr}, {"mret", run_mret}, {"sret", run_sret}, {"dret", run_dret},
	{"wfi", run_wfi}, {"sfence.vma", run_fence_vma}, {"ebreak", run_ebreak}, {"floating-point", run_floating_point},
	{"unimp", run_nothing}, {"may-read-time", read_time}, {"may-read-cycle", read_cycle}, {"may-read-instret", read_instret},
};

static void try_everything(void) {
	for (size_t index = 0; index < sizeof(forbidden) / sizeof(forbidden[0]); index++) {
		attempt("load", load, forbidden[index]);
		attempt("store", store, forbidden[index]);
		attempt("execute", execute, forbidden[index]);
	}
	attempt("load-straddling", load, HF_MEMORY_RUNTIME_RAM_BASE - 2);
	attempt("load-straddling", load, HF_MEMORY_RUNTIME_HAND_OVER_BASE + HF_MEMORY_RUNTIME_HAND_OVER_LENGTH - 2);
	/* What is its own, but not for this. */
	const uint32_t text = (uint32_t)(uintptr_t)_text_start, end = (uint32_t)(uintptr_t)_image_end;
	attempt("store-own", store, text);
	attempt("store-own", store, (uint32_t)(uintptr_t)_rodata_start);
	attempt("store-own", store, HF_PARTITION_RUNTIME_A_BASE);
	attempt("store-own", store, HF_PARTITION_RUNTIME_A_BASE + HF_PARTITION_RUNTIME_A_LENGTH - 4);
	memset(ownCode, 0, sizeof(ownCode));
	ownCode[0] = 0x00008067; /* ret */
	attempt("execute-own", execute, (uint32_t)(uintptr_t)ownCode);
	attempt("execute-own", execute, HF_MEMORY_RUNTIME_HAND_OVER_BASE);
	attempt("execute-own", execute, HF_PARTITION_STORAGE_BASE);
	attempt("execute-own", execute, end);
	attempt("execute-own", execute, HF_DEVICE_SERIAL_BASE);
	attempt("execute-own", execute, HF_DEVICE_RTC_BASE);
	attempt("execute-own", execute, HF_DEVICE_INTERRUPT_CONTROLLER_BASE);
	for (size_t index = 0; index < sizeof(instructions) / sizeof(instructions[0]); index++)
		attempt(instructions[index].name, instructions[index].act, 0);
	/* What it may. */
	attempt("may-load", load, text);
	attempt("may-load", load, end);
	attempt("may-load", load, HF_PARTITION_STORAGE_BASE);
	attempt("may-load", load, HF_DEVICE_RTC_BASE);
	attempt("may-load", load, HF_DEVICE_INTERRUPT_CONTROLLER_BASE);
	attempt("may-load", load_byte, HF_DEVICE_SERIAL_BASE + 5);
}

static void try_services(void) {
	const uint32_t state = (uint32_t)(uintptr_t)&fault.state;
	const uint32_t places[] = {0, 4, HF_MEMORY_SECURE_RAM_BASE, HF_MEMORY_RUNTIME_RAM_BASE - 16, state + 4, state + 1,
		HF_MEMORY_RUNTIME_RAM_BASE + HF_MEMORY_RUNTIME_RAM_LENGTH - HF_STATE_LENGTH + 16, HF_MEMORY_RUNTIME_HAND_OVER_BASE, 0xfffffff0,
		HF_PARTITION_STORAGE_BASE};
	for (size_t index = 0; index < sizeof(places) / sizeof(places[0]); index++)
		say("state %lu status=%lu", (unsigned long)index, (unsigned long)set_handler(fault_entry, (const void*)(uintptr_t)places[index]));
	say("state good status=%lu", (unsigned long)set_handler(fault_entry, &fault.state));
	const uint32_t unknown[] = {0, 4, 0x7fff, 0x8004, 0xffff, 0x80000000, UINT32_MAX};
	for (size_t index = 0; index < sizeof(unknown) / sizeof(unknown[0]); index++)
		say("number %08lx status=%lu", (unsigned long)unknown[index], (unsigned long)call(unknown[index], 1, 2, 3, 4));
	say("echo %lx", (unsigned long)call(CALL_ECHO_REGISTERS, 0x1000, 0x200, 0x30, 4));
	const uint32_t seeds[] = {0, UINT32_MAX, HF_MEMORY_SECURE_RAM_BASE, 0x80040001, 0x22000003, 1};
	for (size_t index = 0; index < sizeof(seeds) / sizeof(seeds[0]); index++) {
		const uint32_t changed = odd_registers(CALL_ECHO_REGISTERS, seeds[index]);
		const uint32_t changedByService = odd_registers(HF_SERVICE_TIMER_DISARM, seeds[index]);
		say("registers %08lx changed=%lu,%lu", (unsigned long)seeds[index], (unsigned long)changed, (unsigned long)changedByService);
	}
}

static void try_timers(void) {
	const uint64_t start = hf_timer_count();
	hf_timer_arm(start + HF_TIMER_FREQUENCY / 100);
	hf_cpu_wait_for_interrupt();
	const uint64_t slept = hf_timer_count() - start;
	say("timer woke=%s", ((slept >= HF_TIMER_FREQUENCY / 100) && (slept < HF_TIMER_FREQUENCY / 50)) ? "in-time" : "BAD");
	hf_cpu_wait_for_interrupt(); /* still pending */
	hf_timer_arm(0);
	hf_cpu_wait_for_interrupt();
	say("timer past=%s", (hf_timer_count() - start - slept < HF_TIMER_FREQUENCY / 100) ? "at-once" : "BAD");
	hf_timer_disarm();
}

static int is(const char* scenario, const char* name) { return !strcmp(scenario, name); }

static void watch(uint32_t milliseconds) { call(CALL_WATCH, milliseconds, 0, 0, 0); }

static void jump_away(uint32_t target) { ((void (*)(void))(uintptr_t)target)(); }

int main(void) {
	const hfHandOver* block = hf_hand_over();
	const char* scenario = block ? (const char*)block->data : "";
	say("hostile scenario=%s", scenario);
	if (is(scenario, "everything"))
		try_everything();
	if (is(scenario, "services")) {
		try_services();
		try_timers();
	}
	if (is(scenario, "endless-loop")) {
		watch(20);
		for (;;) {
		}
	}
	if (is(scenario, "endless-sleep")) {
		watch(20);
		for (;;)
			hf_cpu_wait_for_interrupt();
	}
	if (is(scenario, "late-timers")) {
		const uint64_t late[] = {UINT64_MAX, (uint64_t)1 << 63, (uint64_t)UINT32_MAX << 32, UINT32_MAX};
		watch(20);
		for (uint32_t index = 0;; index++) {
			hf_timer_arm(late[index % 4]);
			hf_cpu_wait_for_interrupt();
		}
	}
	if (is(scenario, "early-timers")) {
		watch(20);
		for (;;) {
			hf_timer_arm(0);
			hf_cpu_wait_for_interrupt();
			hf_timer_arm(hf_timer_count() + 10);
		}
	}
	if (is(scenario, "call-flood")) {
		watch(20);
		for (;;)
			call(0x7777, 1, 2, 3, 4);
	}
	if (is(scenario, "fault-flood")) {
		watch(20);
		for (;;) {
			set_handler(fault_entry, &fault.state);
			if (setjmp(back) == 0)
				load(HF_MEMORY_SECURE_RAM_BASE);
		}
	}
	if (is(scenario, "fault-in-handler")) {
		set_handler((void (*)(void))(uintptr_t)(HF_MEMORY_SECURE_RAM_BASE | 1), &fault.state);
		load(HF_PARTITION_STATE_BASE);
	}
	if (is(scenario, "fault-unhandled")) {
		set_handler(NULL, &fault.state);
		load(HF_PARTITION_STATE_BASE);
	}
	if (is(scenario, "jump-odd"))
		jump_away(0x8003fffe);
	if (is(scenario, "default-handler"))
		load(HF_PARTITION_STATE_BASE);
	if (is(scenario, "flash-left-busy")) {
		/* Announces a buffered write, loads half of it, and asks for the root of trust's flash. */
		volatile uint32_t* const storage = (volatile uint32_t*)(uintptr_t)HF_PARTITION_STORAGE_BASE;
		storage[0] = 0x00e800e8;
		storage[0] = 0x00ff00ff;
		storage[0] = 0;
		say("flash own-bank=%lu", (unsigned long)call(CALL_FLASH, 0, 0, 0, 0));
	}
	return 7;
}
