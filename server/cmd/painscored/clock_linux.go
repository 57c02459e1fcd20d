package main

import "syscall"

// timeError is the state of a clock that nothing keeps (adjtimex(2), TIME_ERROR).
const timeError = 5

// clockUnsynchronised asks the kernel whether a time service keeps the clock.
// Where it does not tell, as in some containers, nothing is claimed.
func clockUnsynchronised() bool {
	state, err := syscall.Adjtimex(&syscall.Timex{})
	return err == nil && state == timeError
}
