package main

import "testing"

func TestTheDeepestAndLastMountHoldsAFolder(t *testing.T) {
	const mounts = `/dev/sda / ext4 rw 0 0
tmpfs /tmp tmpfs rw 0 0
/dev/sdb /tmp/disk xfs rw 0 0
/dev/sdc /srv ext4 rw 0 0
tmpfs /srv tmpfs rw 0 0
`
	for path, want := range map[string]string{
		"/home/x": "ext4", "/tmp": "tmpfs", "/tmp/x": "tmpfs", "/tmp/disk/x": "xfs", "/tmp/disk2": "tmpfs", "/tmpfs": "ext4", "/srv/x": "tmpfs",
	} {
		if got := mountOf(mounts, path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}
