package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Bounds on a child process, so that no run can hang.
const (
	startTime = 30 * time.Second // to the line that says it listens
	stopTime  = 20 * time.Second // from SIGTERM to the end; painscored itself gives calls 8 s
)

// listening finds the gRPC address in the line that painscored prints when it
// is ready; the baselines print a line of the same kind.
var listening = regexp.MustCompile(`gRPC on ([^\s,]+)`)

// child is a server process that was started here.
type child struct {
	cmd     *exec.Cmd
	addr    string        // of its gRPC service
	token   string        // file to sign in by; empty for a baseline, which asks for none
	secured *secured      // nil: in clear
	took    time.Duration // from its start to the line that says it listens
	stderr  *tail
	ended   chan struct{}
	err     error // how it ended; read it after ended is closed
}

// startChild runs a program and waits for its line. If it ends before, or says
// nothing in startTime, the error is an *exitError with what it wrote.
func startChild(ctx context.Context, program string, args ...string) (*child, error) {
	cmd := exec.Command(program, args...)
	c := &child{cmd: cmd, stderr: &tail{}, ended: make(chan struct{})}
	cmd.Stderr = c.stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	lines := make(chan string, 1)
	go func() {
		reader := bufio.NewReader(stdout)
		line, _ := reader.ReadString('\n')
		lines <- line
		io.Copy(io.Discard, reader)
		c.err = cmd.Wait()
		close(c.ended)
	}()
	timeout := time.NewTimer(startTime)
	defer timeout.Stop()
	select {
	case line := <-lines:
		if match := listening.FindStringSubmatch(line); match != nil {
			c.addr, c.took = match[1], time.Since(began)
			return c, nil
		}
	case <-timeout.C:
	case <-ctx.Done():
	}
	if ctx.Err() != nil || time.Since(began) >= startTime {
		c.kill()
	}
	<-c.ended
	return nil, errors.Join(ctx.Err(), &exitError{err: c.err, stderr: c.stderr.String()})
}

// exitError is a program that ended instead of serving.
type exitError struct {
	err    error
	stderr string
}

func (e *exitError) Error() string {
	return fmt.Sprintf("the server did not start (%v): %s", e.err, strings.TrimSpace(e.stderr))
}

func (e *exitError) Unwrap() error { return e.err }

// kill ends the process as a power cut of its own would: nothing is flushed,
// nobody is told. It returns when the process is gone.
func (c *child) kill() {
	c.cmd.Process.Kill() // fails only if it has ended already
	<-c.ended
}

// stop asks the process to finish what it has begun. An error means that it did
// not end cleanly, or not in stopTime.
func (c *child) stop() error {
	c.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-c.ended:
	case <-time.After(stopTime):
		c.kill()
		return fmt.Errorf("the server did not stop in %v and was killed", stopTime)
	}
	if c.err != nil {
		return &exitError{err: c.err, stderr: c.stderr.String()}
	}
	return nil
}

// tail keeps the last of what a process writes.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailBytes = 8 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.text = append(t.text, p...); len(t.text) > 2*tailBytes {
		t.text = bytes.Clone(t.text[len(t.text)-tailBytes:])
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text[max(0, len(t.text)-tailBytes):])
}
