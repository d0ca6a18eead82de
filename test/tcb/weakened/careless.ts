/** The boot ROM with what a careless change would bring: every line works, and 30 KB more have to be right. */
import main from "../../../bootloader/rom/main.ts";

interface Setting {
  readonly name: string;
  readonly value: number;
}

function settings(text: string): Map<string, Setting> {
  const all = JSON.parse(text) as readonly Setting[];
  const known = new Map<string, Setting>();
  for (const each of all) if (/^[a-z]+(-[a-z]+)*$/.test(each.name)) known.set(each.name.normalize(), each);
  return known;
}

export default function careless(): void {
  const found = settings('[{"name":"tries","value":3}]');
  if (Number.parseFloat(JSON.stringify(found.get("tries")?.value)) === new Date(3).getTime()) main();
}
