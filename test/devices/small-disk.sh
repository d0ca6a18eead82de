#!/bin/sh
# Flashes a device on a file system that is too small, and makes it larger until that succeeds. Needs a mount namespace of its own.
# usage: small-disk.sh DEVICE MOUNT-POINT HOLDFAST IMAGE
# Prints a line a try: KILOBYTES EXIT-CODE same|other (the flash files) FILES, then what it said on standard error.
device=$1
mount_point=$2
holdfast=$3
image=$4
mount -t tmpfs -o size=256m tmpfs "$mount_point" || exit 1
cp -r --sparse=always "$device" "$mount_point/device" || exit 1
used=$(du -sk "$mount_point" | cut -f1)
sum() { cat "$mount_point"/device/flash/* | sha256sum; }
before=$(sum)
kilobytes=$((used + 4))
step=4
while [ "$kilobytes" -lt 262144 ]; do
  mount -o remount,size="${kilobytes}k" "$mount_point" || exit 1
  said=$("$holdfast" flash --device "$mount_point/device" --image "$image" 2>&1 >/dev/null)
  code=$?
  flash=other
  [ "$(sum)" = "$before" ] && flash=same
  echo "$kilobytes $code $flash $(find "$mount_point/device" -type f | wc -l) $(echo "$said" | tr '\n' ' ')"
  [ "$code" = 0 ] && exit 0
  kilobytes=$((kilobytes + step))
  step=$((step * 4))
done
