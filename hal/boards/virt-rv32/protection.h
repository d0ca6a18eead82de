/* The steps in which memory protection is built up, one stage after the other. */
#ifndef HOLDFAST_PROTECTION_H
#define HOLDFAST_PROTECTION_H

#include <stdint.h>

/* First stage: the root of trust's code, and no more, becomes executable; the device secret is out of everybody's reach and all
 * entries are final until power is cycled. Memory for devices and their registers cannot be touched afterwards. */
void hf_protection_hand_over(uint32_t codeBase, uint32_t codeEnd);
/* Root of trust: names the slot that the runtime runs from and the code in it, which begins where the slot begins. */
void hf_protection_prepare_runtime(uint32_t codeBase, uint32_t codeEnd);
/* Root of trust: gives serial port, runtime RAM and the code that runs to user mode, or to machine mode, which cannot execute it.
 * Secure RAM, timer and power are machine mode's either way. */
void hf_protection_switch(int toUser);

#endif
