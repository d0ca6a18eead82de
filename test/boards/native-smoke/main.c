/* A program without TypeScript that exercises what start-up code, vectors and native cryptography promise. It runs as ROM, as
 * root of trust and as runtime; the first bytes of the state partition say which rule to break where (native-smoke.test.ts), and
 * are handed over from stage to stage. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "board-config.h"
#include "console-output.h"
#include "cpu.h"
#include "launch.h"
#include "memory-copy.h"
#include "regions.h"
#include "root-call.h"
#include "verification.h"
#ifdef HF_ROLE_ROOT
#include "monitor.h"
#endif
#include HF_TEST_PROCESSOR
#include "vectors.h"

static void say(const char* format, ...) {
	char line[160];
	va_list arguments;
	va_start(arguments, format);
	const int length = vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	hf_console_write(line, (size_t)length);
	hf_console_write("\r\n", 2);
}

static int recurse(volatile uint32_t depth) {
	volatile uint32_t room[64];
	room[0] = depth;
	if (depth == UINT32_MAX)
		return 0;
	return recurse(depth + 1) + (int)room[0];
}

static uint32_t writableCode[4] = {0xe12fff1e, 0xe12fff1e, 0x00008067, 0x00008067};

static void break_a_rule(const char* scenario) {
	volatile uint32_t* target = NULL;
	if (!strcmp(scenario, "store-to-text"))
		target = (volatile uint32_t*)(void*)_text_start;
	else if (!strcmp(scenario, "store-to-constants"))
		target = (volatile uint32_t*)(void*)_rodata_start;
	else if (!strcmp(scenario, "store-to-nowhere"))
		target = (volatile uint32_t*)(uintptr_t)0xf0000000;
	if (target)
		*target = 0x12345678;
	if (!strcmp(scenario, "null-read")) {
		volatile uint32_t* volatile null = NULL;
		say("null holds %08lx", (unsigned long)*null);
	}
	if (!strcmp(scenario, "execute-data"))
		((void (*)(void))(uintptr_t)(writableCode HF_RETURN_WORD))();
	if (!strcmp(scenario, "execute-stack")) {
		uint32_t code[4];
		memcpy(code, writableCode, sizeof(code));
		__asm__ volatile("" ::"r"(code) : "memory");
		((void (*)(void))(uintptr_t)(code HF_RETURN_WORD))();
	}
	if (!strcmp(scenario, "undefined"))
		__asm__ volatile(HF_UNDEFINED);
	if (!strcmp(scenario, "stack-overflow"))
		say("%d", recurse(0));
	if (!strcmp(scenario, "fatal"))
		hf_fatal("test-says-so");
}

static void check(const char* what, int good) { say("smoke %s=%s", what, good ? "ok" : "BAD"); }

static void check_cryptography(void) {
	uint8_t digest[HF_DIGEST_LENGTH], signature[HF_P256_SIGNATURE_LENGTH];
	check("sha256", hf_sha256("abc", 3, digest) && !memcmp(digest, abcDigest, sizeof(digest)));
	uint64_t before = hf_cpu_instructions();
	const int valid = hf_verify_p256(publicKey, messageDigest, goodSignature);
	say("smoke verify-instructions=%lu", (unsigned long)(hf_cpu_instructions() - before));
	check("p256", valid);
	memcpy(signature, goodSignature, sizeof(signature));
	signature[17] ^= 4;
	check("p256-flipped-bit", !hf_verify_p256(publicKey, messageDigest, signature));
	memset(signature, 0, sizeof(signature));
	check("p256-zero", !hf_verify_p256(publicKey, messageDigest, signature));
	for (int round = 0; round < 3; round++)
		check("p256-again", hf_verify_p256(publicKey, messageDigest, goodSignature));
#ifndef HF_ROLE_RUNTIME
	uint8_t copy[77], region[HF_DIGEST_LENGTH];
	hf_copy_from_region(copy, HF_NEXT_SLOT_A_BASE + 3, sizeof(copy));
	check("sha256-region", hf_sha256(copy, sizeof(copy), digest) && hf_sha256_region(HF_NEXT_SLOT_A_BASE + 3, sizeof(copy), region)
		&& !memcmp(digest, region, sizeof(digest)));
	before = hf_cpu_instructions();
	hf_sha256_region(HF_NEXT_SLOT_A_BASE, 65536, region);
	say("smoke sha256-64k-instructions=%lu", (unsigned long)(hf_cpu_instructions() - before));
#endif
	check("region-refused", !hf_sha256_region(HF_RAM_BASE, 16, digest)
		&& !hf_sha256_region(HF_PARTITION_RUNTIME_A_BASE - 1, 16, digest));
}

/* In the root of trust the timer is the watchdog. */
#ifndef HF_ROLE_ROOT

static void check_sleep(void) {
	hf_enable_timer_interrupt();
	const uint64_t start = hf_timer_count(), executed = hf_cpu_instructions();
	hf_timer_arm(start + HF_TIMER_FREQUENCY / 10);
	hf_cpu_wait_for_interrupt();
	const uint32_t slept = (uint32_t)(hf_timer_count() - start);
	hf_timer_disarm();
	check("timer-wakes", (slept >= HF_TIMER_FREQUENCY / 10) && (slept < HF_TIMER_FREQUENCY));
	say("smoke awake-instructions=%lu", (unsigned long)(hf_cpu_instructions() - executed));
}

#endif

enum { SCENARIO_LENGTH = 32, HEADER_PAYLOAD_LENGTH = 12, MARK = 0x600dcafe };

/* Outlives a warm reset, and no stage erases it before it looks. */
#ifdef HF_ROLE_ROM
#define MARK_PLACE (HF_HAND_OVER_OUT_BASE + HF_HAND_OVER_OUT_LENGTH - 4)
#else
#define MARK_PLACE (HF_RUNTIME_RAM_BASE + HF_RUNTIME_RAM_LENGTH - 4)
#endif

#ifdef HF_ROLE_ROM

static void read_scenario(char* scenario) { hf_copy_from_region(scenario, HF_PARTITION_STATE_BASE, SCENARIO_LENGTH); }

#else

static void read_scenario(char* scenario) {
	const hfHandOver* handOver = hf_hand_over();
	check("hand-over", handOver && (handOver->dataLength == SCENARIO_LENGTH));
	if (handOver)
		memcpy(scenario, handOver->data, SCENARIO_LENGTH);
	check("hand-over-lengths", handOver && (handOver->payload + handOver->codeLength == (uint32_t)(uintptr_t)_image_end)
		&& (handOver->archiveLength == hf_image_header.archiveLength)
		&& (handOver->payloadLength == handOver->codeLength + handOver->archiveLength));
}

#endif

#ifndef HF_ROLE_RUNTIME

/* Where to enter the next stage, after some ways in which it must not start. */
static uint32_t prepare_next(const char* scenario) {
	hfLaunchRefusal refusal = {0};
	hf_launch_prepare(HF_RAM_BASE, 0x1000, "", 0, &refusal);
	say("smoke refused=%s", refusal.expected ? refusal.expected : "nothing");
#ifdef HF_NEXT_COPIED
	hf_copy_from_region((void*)(uintptr_t)HF_NEXT_IMAGE_BASE, HF_NEXT_SLOT_A_BASE, 0x40000);
	const uint32_t image = HF_NEXT_IMAGE_BASE;
#else
	const uint32_t image = HF_NEXT_SLOT_A_BASE;
#endif
	const uint32_t payload = image + HF_NEXT_HEADER_LENGTH;
	const uint32_t signedLength = *(const uint32_t*)(uintptr_t)(image + HEADER_PAYLOAD_LENGTH);
	const uint32_t archiveLength = ((const hfImageHeader*)(uintptr_t)payload)->archiveLength;
	const uint32_t refused[] = {0, sizeof(hfImageHeader), signedLength - archiveLength - 1, signedLength - 1, UINT32_MAX};
	for (size_t index = 0; index < sizeof(refused) / sizeof(refused[0]); index++) {
		hf_launch_prepare(payload, refused[index], "", 0, &refusal);
		say("smoke refused=%s", refusal.expected);
	}
	const uint32_t entry = hf_launch_prepare(payload, signedLength, scenario, SCENARIO_LENGTH, &refusal);
	if (entry == 0)
		say("smoke BAD launch expected %s found %08lx", refusal.expected, (unsigned long)refusal.found);
	return entry;
}

#endif

#ifdef HF_ROLE_ROM

static void start_next(uint32_t entry) { hf_cpu_enter_root(entry, (hfHandOver*)(uintptr_t)HF_HAND_OVER_OUT_BASE); }

#elif defined(HF_ROLE_ROOT)

static void start_next(uint32_t entry) {
	hfRuntimeCall call;
	hf_monitor_prepare(entry, (hfHandOver*)(uintptr_t)HF_HAND_OVER_OUT_BASE);
	while (hf_monitor_run() == HF_STOP_CALL) {
		hf_monitor_call(&call);
		if (call.number == HF_CALL_RESET)
			hf_cpu_reset();
		if (call.number == HF_CALL_POWER_OFF)
			hf_cpu_power_off(*(const uint8_t*)(uintptr_t)call.request);
		if ((call.number < HF_SERVICE_FIRST) || !hf_monitor_service(&call))
			hf_monitor_answer(HF_STATUS_CALL_UNKNOWN, 0);
	}
	say("smoke BAD stop");
}

#else

/* The test has put returns there: what is not executable faults, what is comes back. */
static void execute_what_is_behind(const char* scenario) {
	const uint32_t imageEnd = (uint32_t)(uintptr_t)_image_end;
	if (!strcmp(scenario, "runtime:execute-archive"))
		((void (*)(void))(uintptr_t)imageEnd)();
	if (!strcmp(scenario, "runtime:execute-tail"))
		((void (*)(void))(uintptr_t)(imageEnd + hf_image_header.archiveLength))();
	if (!strcmp(scenario, "runtime:write-other-slot"))
		*(volatile uint32_t*)(uintptr_t)HF_PARTITION_RUNTIME_B_BASE = 0x00ff00ff;
}

#endif

int main(void) {
	char scenario[SCENARIO_LENGTH + 1] = "";
	say("smoke role=%s board=%s instructions=%lu", HF_ROLE_NAME, HF_BOARD_NAME, (unsigned long)hf_cpu_instructions());
	read_scenario(scenario);
	check("data-copied", writableCode[2] == 0x00008067);
	check_cryptography();
#ifndef HF_ROLE_ROOT
	check_sleep();
#endif
	hf_wall_clock_set(1785542400000.0);
	check("wall-clock", (hf_wall_clock_milliseconds() >= 1785542400000.0) && (hf_wall_clock_milliseconds() < 1785542401000.0));
	volatile uint32_t* mark = (volatile uint32_t*)(uintptr_t)MARK_PLACE;
	if (!strcmp(scenario, "reset:" HF_ROLE_NAME) && (*mark != MARK)) {
		*mark = MARK;
		say("smoke resetting");
		hf_cpu_reset();
	}
	if (!strncmp(scenario, HF_ROLE_NAME ":", strlen(HF_ROLE_NAME ":")))
		break_a_rule(scenario + strlen(HF_ROLE_NAME ":"));
#ifdef HF_ROLE_RUNTIME
	execute_what_is_behind(scenario);
#else
	if (strcmp(scenario, HF_ROLE_NAME ":none")) {
		const uint32_t entry = prepare_next(scenario);
		if (entry != 0)
			start_next(entry);
		return 1;
	}
#endif
	say("smoke end instructions=%lu", (unsigned long)hf_cpu_instructions());
	return 0;
}
