/** Sample app: reads a temperature, blinks where the board has a light, and answers commands on its serial port. */
import type { BoardDevices, TemperatureSensor } from "../../../hal/interfaces/board.ts";
import type { Digital } from "../../../hal/interfaces/digital.ts";
import type { Serial } from "../../../hal/interfaces/serial.ts";
import { CommandLine } from "./command-line.ts";

const BAUD = 115_200;
const BLINK_MILLISECONDS = 500;
const ENTER = 13;

class Thermometer {
  readonly #sensor: TemperatureSensor;
  readonly #light: Digital | undefined;
  readonly #commands = new CommandLine();
  #blinks = 0;

  constructor(device: BoardDevices) {
    this.#sensor = device.openTemperature();
    this.#light = device.openLight?.({ initialValue: 0 });
    device.timer.repeat(() => this.#blink(), BLINK_MILLISECONDS);
    const receive = (serial: Serial): void => this.#receive(serial);
    device.openSerial({
      baud: BAUD,
      bufferLength: 512,
      onReadable() {
        receive(this);
      },
    });
  }

  #blink(): void {
    this.#blinks++;
    this.#light?.write((this.#blinks & 1) as 0 | 1);
  }

  #receive(serial: Serial): void {
    for (let byte = serial.read(); typeof byte === "number"; byte = serial.read()) {
      const command = this.#commands.take(byte === ENTER ? 10 : byte);
      if (command !== undefined) this.#answer(serial, command);
    }
  }

  #answer(serial: Serial, command: string): void {
    const text = `${this.#reply(command)}\r\n`;
    const bytes = new Uint8Array(text.length);
    for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
    for (const byte of bytes) serial.write(byte);
  }

  #reply(command: string): string {
    switch (command) {
      case "temperature":
        return `temperature ${this.#sensor.sample().temperature.toFixed(2)} C`;
      case "blinks":
        return `blinks ${this.#blinks}`;
      case "crash":
        throw new RangeError("asked to crash on the serial port");
      default:
        return "commands: temperature, blinks, crash";
    }
  }
}

/** Starts the app. */
export default function start(device: BoardDevices): string {
  new Thermometer(device);
  return "thermometer";
}
