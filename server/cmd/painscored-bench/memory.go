package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// amount is an amount of memory, 0 where the system does not tell.
type amount int64

func (a amount) String() string {
	if a == 0 {
		return "unknown"
	}
	return fmt.Sprintf("%.1f MB", float64(a)/1e6)
}

// memory is what a process has in memory now, and has had at most.
type memory struct{ resident, highest amount }

// memoryOf asks the system about a child that runs.
func memoryOf(c *child) memory {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(c.cmd.Process.Pid) + "/status")
	if err != nil {
		return memory{} // another system than Linux
	}
	return parseMemory(string(text))
}

func parseMemory(status string) memory {
	var m memory
	for line := range strings.Lines(status) {
		name, value, _ := strings.Cut(line, ":")
		kilobytes, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		switch name {
		case "VmRSS":
			m.resident = amount(kilobytes << 10)
		case "VmHWM":
			m.highest = amount(kilobytes << 10)
		}
	}
	return m
}
