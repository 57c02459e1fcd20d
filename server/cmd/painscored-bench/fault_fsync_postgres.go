package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// serveTracedWithPostgres starts painscored and lets one strace look at it and
// at every process of PostgreSQL, so that the lines of all stand in one order.
// A backend that PostgreSQL starts meanwhile is followed from its first call.
func (p *place) serveTracedWithPostgres(ctx context.Context, at storage, traceFile string) (*tracedServer, error) {
	program, err := exec.LookPath("strace")
	if err != nil {
		return nil, fmt.Errorf("%w: strace is not installed", errSkipped)
	}
	database, err := p.postgresServer()
	if err != nil {
		return nil, err
	}
	first, err := postmaster(database)
	if err != nil {
		return nil, err
	}
	server, err := p.serve(ctx, at)
	if err != nil {
		return nil, err
	}
	pids := append(family(first), server.cmd.Process.Pid)
	// A write of the log is of many pages when several commit at once.
	args := []string{"-f", "-q", "-yy", "-s", "1048576", "-e", "trace=" + tracedCalls, "-e", "signal=none", "-o", traceFile}
	for _, pid := range pids {
		args = append(args, "-p", strconv.Itoa(pid))
	}
	strace := exec.Command(program, args...)
	var said bytes.Buffer
	strace.Stderr = &said
	if err := strace.Start(); err != nil {
		return nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- strace.Wait() }()
	detach := func() error {
		strace.Process.Signal(syscall.SIGINT) // it lets go of all, and ends by this signal
		select {
		case <-ended:
			return nil
		case <-time.After(stopTime):
			strace.Process.Kill()
			return fmt.Errorf("strace did not end in %v", stopTime)
		}
	}
	if err := waitTraced(ctx, pids); err != nil {
		detach()
		return nil, fmt.Errorf("%w: %w: %s", errSkipped, err, strings.TrimSpace(said.String()))
	}
	return &tracedServer{server: server, end: func() ([]traced, error) {
		if err := detach(); err != nil {
			return nil, err
		}
		file, err := os.Open(traceFile)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		return parseTrace(file)
	}}, nil
}

// family is a process and all that it started, themselves or by others.
func family(first int) []int {
	all := []int{first}
	for i := 0; i < len(all); i++ {
		lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", all[i]))
		for _, list := range lists {
			text, _ := os.ReadFile(list) // a process that is gone has no children
			for _, field := range strings.Fields(string(text)) {
				if pid, err := strconv.Atoi(field); err == nil {
					all = append(all, pid)
				}
			}
		}
	}
	return all
}

// waitTraced waits until every thread of the processes is looked at; one that
// has ended needs no looking at.
func waitTraced(ctx context.Context, pids []int) error {
	for until := time.Now().Add(stopTime); ; time.Sleep(20 * time.Millisecond) {
		missing := 0
		for _, pid := range pids {
			files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
			for _, file := range files {
				if text, err := os.ReadFile(file); err == nil && strings.Contains(string(text), "\nTracerPid:\t0\n") {
					missing++
				}
			}
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case missing == 0:
			return nil
		case time.Now().After(until):
			return fmt.Errorf("strace did not reach %d threads in %v", missing, stopTime)
		}
	}
}
