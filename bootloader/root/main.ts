/**
 * The root of trust: chooses and verifies the runtime, starts it where it can reach nothing of what is kept here, and answers its
 * calls until the board is reset.
 */
import { powerOff, reset, takeHandOver, timerCount, timerFrequency } from "native:cpu";
import { callNumber, reply, request, resume, startRuntime, watchdogArm } from "native:monitor";
