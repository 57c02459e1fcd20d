package main

import "testing"

func TestMemoryIsReadFromTheSystemsLines(t *testing.T) {
	m := parseMemory("Name:\tpainscored\nVmPeak:\t 999 kB\nVmHWM:\t   40960 kB\nVmRSS:\t   20480 kB\nThreads:\t9\n")
	if m.highest != 40960<<10 || m.resident != 20480<<10 {
		t.Errorf("%+v", m)
	}
	if got := parseMemory("").resident.String(); got != "unknown" {
		t.Errorf("nothing is told: %s", got)
	}
}
