package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/painscore/painscore/client"
	pb "github.com/painscore/painscore/proto/painscore/v1"
)

var diskFullFault = fault{
	name: "diskfull", short: "a full disk refuses with DISK_FULL, reads go on, and it works again by itself (needs root)",
	long: `Put the data on a small file system of its own (a tmpfs; this needs root) and fill it
up. While it is full every submit must be answered RESOURCE_EXHAUSTED DISK_FULL with a
time to come back, or be stored; reads must work. When there is space again, submits
must work without a restart. In the end what was acknowledged is there, and of what was
refused nothing is.`,
	run: runDiskFull,
}

const (
	diskBytes   = 64 << 20 // the room that painscored keeps for its access log is 16 MiB of it
	diskClients = 8
)

// fullDisk is a run on a small file system.
type fullDisk struct {
	verdict *verdict
	forms   *forms
	clients []*client.Client

	mu      sync.Mutex
	next    int
	stored  []*pb.Submission
	refused []*pb.SubmitFormsRequest
}

func runDiskFull(ctx context.Context, p *place, s size, v *verdict) (err error) {
	if p.engine != sqliteEngine {
		return fmt.Errorf("%w: it is about SQLite's disk", errSkipped)
	}
	at, unmount, err := p.smallDisk(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unmount()) }()
	server, err := p.serve(ctx, at)
	if err != nil {
		return err
	}
	defer server.kill() // it would keep the file system from being taken away
	d := &fullDisk{verdict: v}
	if d.forms, err = newForms(); err != nil {
		return err
	}
	for range diskClients {
		c, err := server.dialClient()
		if err != nil {
			return err
		}
		defer c.Close()
		d.clients = append(d.clients, c)
	}
	for round := range s.of(2, 20) {
		if err := d.round(ctx, at, rand.New(rand.NewPCG(p.seed, uint64(round)))); err != nil {
			return fmt.Errorf("round %d: %w", round, err)
		}
		v.count("times the disk was full", 1)
	}
	return server.stop()
}

// smallDisk mounts a file system in a folder of the place.
func (p *place) smallDisk(ctx context.Context) (at storage, unmount func() error, err error) {
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		return at, nil, fmt.Errorf("%w: only root can mount a file system", errSkipped)
	}
	if at, err = p.newStorage(ctx); err != nil {
		return at, nil, err
	}
	options := fmt.Sprint("mode=700,size=", diskBytes)
	if text, err := exec.CommandContext(ctx, "mount", "-t", "tmpfs", "-o", options, "painscored-bench", at.folder).CombinedOutput(); err != nil {
		return at, nil, fmt.Errorf("%w: mount: %w: %s", errSkipped, err, text)
	}
	return at, func() error {
		text, err := exec.Command("umount", at.folder).CombinedOutput()
		if err != nil {
			return fmt.Errorf("umount: %w: %s", err, text)
		}
		return nil
	}, nil
}

// round fills the disk, looks, makes room, and looks again.
func (d *fullDisk) round(ctx context.Context, at storage, random *rand.Rand) error {
	if err := d.submitAll(ctx, random, 20, false); err != nil {
		return err
	}
	ballast := filepath.Join(at.folder, "ballast")
	if err := fillUp(ballast); err != nil {
		return err
	}
	before := len(d.refused)
	for range 20 { // what is left of the log's last pages may still take some
		if err := d.submitAll(ctx, random, 20, true); err != nil {
			return err
		}
	}
	if len(d.refused) == before {
		d.verdict.violate("the disk is full and nothing was refused")
	}
	if err := d.read(ctx, "while the disk is full"); err != nil {
		return err
	}
	if err := os.Remove(ballast); err != nil {
		return err
	}
	if err := d.awaitRoom(ctx, random); err != nil {
		return err
	}
	if err := d.submitAll(ctx, random, 20, false); err != nil {
		return err
	}
	return d.read(ctx, "when there is space again")
}

// diskRecovery is how long painscored may take to notice that there is space: it
// first takes back the room that it keeps for the access log.
const diskRecovery = 10 * time.Second

// awaitRoom submits until nothing is refused.
func (d *fullDisk) awaitRoom(ctx context.Context, random *rand.Rand) error {
	for began := time.Now(); time.Since(began) < diskRecovery; time.Sleep(100 * time.Millisecond) {
		before := len(d.refused)
		if err := d.submitAll(ctx, random, 1, true); err != nil || len(d.refused) == before {
			return err
		}
	}
	d.verdict.violate("%v after there was space submits are still refused", diskRecovery)
	return nil
}

// fillUp writes a file until nothing more fits.
func fillUp(file string) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	for _, n := range []int{1 << 20, 4096, 1} {
		piece := make([]byte, n)
		for err = nil; err == nil; {
			_, err = f.Write(piece)
		}
	}
	return f.Close()
}

// submitAll sends envelopes of nine forms from all clients. Where mayRefuse is
// false each must be stored.
func (d *fullDisk) submitAll(ctx context.Context, random *rand.Rand, envelopes int, mayRefuse bool) error {
	var requests []*pb.SubmitFormsRequest
	for range envelopes {
		request := envelope("SE2321000016-F001", fmt.Sprint("disk-", d.next), d.next)
		d.next++
		for i := range d.forms.instruments {
			request.Forms = append(request.Forms, d.forms.fill(i, random))
		}
		requests = append(requests, request)
	}
	var done sync.WaitGroup
	for i, c := range d.clients {
		done.Go(func() {
			for n := i; n < len(requests); n += len(d.clients) {
				d.submit(ctx, c, requests[n], mayRefuse)
			}
		})
	}
	done.Wait()
	return ctx.Err()
}

func (d *fullDisk) submit(ctx context.Context, c *client.Client, request *pb.SubmitFormsRequest, mayRefuse bool) {
	stored, _, err := send(ctx, c, request)
	d.mu.Lock()
	defer d.mu.Unlock()
	if err == nil {
		d.stored = append(d.stored, stored...)
		d.verdict.count("forms acknowledged", len(stored))
		return
	}
	switch refused := asClientError(err); {
	case refused.Code != codes.ResourceExhausted || refused.Reason != "DISK_FULL" || refused.RetryAfter <= 0:
		d.verdict.violate("a submit to a full disk was answered: %v", err)
	case !mayRefuse:
		d.verdict.violate("there is space, but a submit was refused: %v", err)
	}
	d.refused = append(d.refused, request)
	d.verdict.count("calls refused with DISK_FULL and a time to come back", 1)
}

// read holds what is stored to what was answered, as far as a sample reaches,
// and that reads work.
func (d *fullDisk) read(ctx context.Context, when string) error {
	began := time.Now()
	for i, s := range d.stored {
		if i%7 > 0 && i < len(d.stored)-50 { // the newest all, of the others a seventh
			continue
		}
		c := d.clients[i%len(d.clients)]
		got, err := c.Submissions().GetSubmission(ctx, &pb.GetSubmissionRequest{CareUnit: s.CareUnit, SubmissionId: s.SubmissionId})
		if err != nil || !proto.Equal(got.Submission, s) {
			d.verdict.violate("%s an acknowledged form does not read as it was acknowledged: %v", when, err)
		}
		d.verdict.count("acknowledged forms, read as they were acknowledged", 1)
		if i%50 == 0 {
			if _, err := c.Patients().GetTrend(ctx, &pb.GetTrendRequest{CareUnit: s.CareUnit, EpisodeId: s.EpisodeId}); err != nil {
				d.verdict.violate("%s a trend cannot be read: %v", when, err)
			}
			d.verdict.count("trends read", 1)
		}
	}
	for _, request := range slices.Backward(d.refused[max(0, len(d.refused)-100):]) {
		_, err := d.clients[0].Submissions().GetSubmission(ctx, &pb.GetSubmissionRequest{CareUnit: request.CareUnit, SubmissionId: request.Forms[0].SubmissionId})
		if asClientError(err).Reason != "SUBMISSION_UNKNOWN" {
			d.verdict.violate("%s a refused form is not unknown: %v", when, err)
		}
		d.verdict.count("refused forms, not there", 1)
	}
	if took := time.Since(began); took > time.Minute {
		d.verdict.violate("%s reading took %v", when, took)
	}
	return ctx.Err()
}
