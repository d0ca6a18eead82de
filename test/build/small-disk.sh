#!/bin/sh
# Builds into a file system that is too small, and makes it larger until the build succeeds. Needs a mount namespace of its own.
# usage: small-disk.sh MOUNT-POINT FIRST-KILOBYTES COMMAND...
# Prints a line a build: KILOBYTES EXIT-CODE DRAFTS, then what it said on standard error; at last the names of all files.
mount_point=$1
kilobytes=$2
shift 2
mount -t tmpfs -o size="${kilobytes}k" tmpfs "$mount_point" || exit 1
while [ "$kilobytes" -lt 262144 ]; do
  mount -o remount,size="${kilobytes}k" "$mount_point" || exit 1
  said=$("$@" --folder "$mount_point" 2>&1 >/dev/null)
  code=$?
  drafts=$(find "$mount_point" -type f | grep -cE 'draft|\.tmp')
  echo "build $kilobytes $code $drafts $(echo "$said" | grep '^holdfast: ' | tr '\n' ' ')"
  case $said in *"no space left"*) ;; *) break ;; esac
  kilobytes=$((kilobytes * 2))
done
cd "$mount_point" && sha256sum rom.img runtime.img
