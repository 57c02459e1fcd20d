package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

var fsyncFault = fault{
	name: "fsync", short: "each reply comes after its form was flushed to the medium, by the system calls",
	long: `Run painscored, and PostgreSQL if it is the engine, under one strace and look, for each
form that was acknowledged, for its submission id in the system calls: it must be in a
write to the engine's log, then a flush (fsync or fdatasync) of that file must begin and
succeed, and only then may a reply that names it be written to the caller's socket. A process that is killed cannot show this, since
what it wrote survives in the operating system's cache; a power cut would.`,
	run: runFsync,
}

// tracedCalls are the system calls that the trace needs.
const tracedCalls = "fsync,fdatasync,write,writev,pwrite64,pwritev,sendto,sendmsg"

func runFsync(ctx context.Context, p *place, s size, v *verdict) error {
	at, err := p.newStorage(ctx)
	if err != nil {
		return err
	}
	serve, held := p.serveTraced, sqlitePromise
	if p.engine == postgresEngine {
		serve = p.serveTracedWithPostgres
	}
	t, err := serve(ctx, at, filepath.Join(at.folder, "trace"))
	if err != nil {
		return err
	}
	if p.engine == postgresEngine {
		held = postgresPromise(t.server.addr)
	}
	each := s.of(20, 200)
	alone, err := submitTraced(ctx, t.server, p.seed, "alone", 1, each)
	if err != nil {
		return err
	}
	together, err := submitTraced(ctx, t.server, p.seed, "together", 8, each)
	if err != nil {
		return err
	}
	if err := t.server.stop(); err != nil {
		return err
	}
	trace, err := t.end()
	if err != nil {
		return err
	}
	v.count("forms acknowledged one after the other", len(alone))
	v.count("forms acknowledged to 8 clients at once", len(together))
	held.hold(trace, alone, together, v)
	return nil
}

// hold looks for each form's promise in the trace.
func (p promise) hold(trace []traced, alone, together []string, v *verdict) {
	n := p.flushes(trace)
	v.count("flushes of the log", n)
	if n < len(alone) {
		v.violate("%d flushes for %d forms that were acknowledged one after the other", n, len(alone))
	}
	for _, id := range append(alone, together...) {
		if found := p.judge(trace, id); found != durable {
			v.violate("a form was acknowledged: %s", found)
		} else {
			v.count("forms "+string(durable), 1)
		}
	}
}

// tracedServer is a painscored under strace.
type tracedServer struct {
	server *child
	end    func() ([]traced, error) // the trace, once the server has stopped
}

// serveTraced starts painscored under strace, which runs beside it (-D), so
// that the child is painscored itself.
func (p *place) serveTraced(ctx context.Context, at storage, traceFile string) (*tracedServer, error) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		return nil, fmt.Errorf("%w: strace is not installed", errSkipped)
	}
	args := []string{"-D", "-f", "-q", "-y", "-s", "8192", "-e", "trace=" + tracedCalls, "-e", "signal=none", "-o", traceFile, p.painscored}
	c, err := p.start(ctx, strace, append(args, at.flags()...)...)
	if err != nil {
		return nil, err
	}
	c.token = at.token()
	return &tracedServer{server: c, end: func() ([]traced, error) { return readTrace(traceFile) }}, nil
}

// submitTraced lets clients, each over its own connection so that no two
// replies share a write, submit so many forms each; it returns their ids.
func submitTraced(ctx context.Context, server *child, seed uint64, name string, clients, each int) ([]string, error) {
	fill, err := newForms()
	if err != nil {
		return nil, err
	}
	ids, failed := make([][]string, clients), make([]error, clients)
	var done sync.WaitGroup
	for i := range clients {
		done.Go(func() {
			c, err := server.dialClient()
			if err != nil {
				failed[i] = err
				return
			}
			defer c.Close()
			random := rand.New(rand.NewPCG(seed, uint64(i)))
			for label := range each {
				request := single(envelope("SE2321000016-F001", fmt.Sprint(name, "-", i), label), fill.fill(2, random))
				var reply *pb.SubmitResponse
				if reply, failed[i] = c.Submissions().Submit(ctx, request); failed[i] != nil {
					return
				}
				ids[i] = append(ids[i], reply.Submission.SubmissionId)
			}
		})
	}
	done.Wait()
	var all []string
	for _, some := range ids {
		all = append(all, some...)
	}
	return all, errors.Join(failed...)
}

// readTrace waits until strace, which ends after the program, has written the
// last line.
func readTrace(file string) ([]traced, error) {
	for until := time.Now().Add(stopTime); ; time.Sleep(50 * time.Millisecond) {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if strings.HasSuffix(string(text), "+++ exited with 0 +++\n") {
			return parseTrace(bufio.NewReader(strings.NewReader(string(text))))
		}
		if time.Now().After(until) {
			return nil, fmt.Errorf("strace did not write the end of the trace in %v", stopTime)
		}
	}
}
