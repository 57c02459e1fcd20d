package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/painscore/painscore/client"
	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/server/access/disktest"
)

// onFullDisk is a program with its data on a disk that is full.
type onFullDisk struct {
	*testing.T
	*program
	client  *client.Client
	metrics string
	reads   int // that were answered
}

// refusedAsFull says whether an error is the refusal of a full disk.
func refusedAsFull(err error) bool {
	var refusal *client.Error
	return errors.As(err, &refusal) && refusal.Reason == "DISK_FULL"
}

// read reads the trend once. A refusal must be that of a full disk.
func (d *onFullDisk) read() (answered bool) {
	d.Helper()
	reply, err := d.client.Patients().GetTrend(d.Context(), &pb.GetTrendRequest{CareUnit: "unit-1", EpisodeId: "a"})
	switch {
	case err == nil && len(reply.GetTrend().GetScales()) > 0:
		d.reads++
		return true
	case !refusedAsFull(err):
		d.Fatalf("reading: %v", err)
	}
	return false
}

// until waits for what the program does by itself within a few seconds.
func (d *onFullDisk) until(what string, is func() bool) {
	d.Helper()
	for end := time.Now().Add(10 * time.Second); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			d.Fatalf("not %s:\n%s", what, d.output)
		}
	}
}

// ready compares what /readyz and the metrics tell.
func (d *onFullDisk) ready(code int, says string, room int) {
	d.Helper()
	if got, text := fetch(d.T, d.metrics+"/readyz"); got != code || !strings.Contains(text, says) {
		d.Errorf("/readyz: %d %s, want %d %s", got, text, code, says)
	}
	if _, all := fetch(d.T, d.metrics+"/metrics"); !strings.Contains(all, fmt.Sprintf("\npainscore_access_log_room %d\n", room)) {
		d.Errorf("painscore_access_log_room is not %d", room)
	}
}

// TestOnAFullDiskReadingGoesOnUntilTheReserveIsSpent, each answer on record, and
// everything by itself again once there is space.
func TestOnAFullDiskReadingGoesOnUntilTheReserveIsSpent(t *testing.T) {
	disk := disktest.Small(t, "48m")
	settings := filepath.Join(t.TempDir(), "painscored.yaml")
	if err := os.WriteFile(settings, []byte("access_log: {reserve_mib: 4}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, filepath.Join(disk, "data"), "--config", settings, "--metrics", "127.0.0.1:0")
	c, err := client.Dial(p.grpc, client.WithTokenFile(p.token), client.WithAttempts(1))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	d := &onFullDisk{T: t, program: p, client: c, metrics: metricsAddress(t, p)}
	if err := submit(t.Context(), c, "a"); err != nil {
		t.Fatal(err)
	}
	d.read()
	d.ready(200, "ok\n", 1)

	empty := disktest.Fill(t, disk)
	acknowledged := d.submitUntilFull()
	d.until("alarmed", func() bool { return strings.Contains(p.output.String(), "reserve of the access log was released") })
	d.ready(200, "disk is full", 0)
	for i := range 20 {
		if !d.read() {
			t.Fatalf("read %d is refused, with the reserve just released", i)
		}
		if err := submit(t.Context(), c, "more"); !refusedAsFull(err) {
			t.Fatalf("a submission while the room is the log's: %v", err)
		}
	}
	d.readUntilRefused()
	d.ready(503, "disk full", 0)
	if d.read() {
		t.Error("reading comes and goes")
	}

	empty()
	d.until("serving again", func() bool { return d.read() && submit(t.Context(), c, "b") == nil })
	d.ready(200, "ok\n", 1)
	if got := stored(t, p, append(acknowledged, "b")...); len(got) != len(acknowledged)+1 {
		t.Errorf("of %d acknowledged submissions %d are there", len(acknowledged)+1, len(got))
	}
	d.everyReadIsOnRecord()
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	if said := mustOperate(t, filepath.Join(disk, "data"), "audit", "verify"); !strings.HasSuffix(said, "OK\n") {
		t.Error(said)
	} else if n := eventsVerified(t, said); n < d.reads {
		t.Errorf("%d reads were answered, and the log has %d events:\n%s", d.reads, n, said)
	}
}

// submitUntilFull returns what was acknowledged before the disk had no room left.
func (d *onFullDisk) submitUntilFull() (acknowledged []string) {
	d.Helper()
	for i := range 5000 {
		id := fmt.Sprint("full-", i)
		err := submit(d.Context(), d.client, id)
		if refusedAsFull(err) {
			return acknowledged
		}
		if err != nil {
			d.Fatal(err)
		}
		acknowledged = append(acknowledged, id)
	}
	d.Fatal("a full disk takes 5000 submissions")
	return nil
}

// readUntilRefused spends the reserve.
func (d *onFullDisk) readUntilRefused() {
	d.Helper()
	for range 50_000 {
		if !d.read() {
			d.Logf("%d reads in all until the reserve of 4 MiB was spent", d.reads)
			return
		}
	}
	d.Fatal("a reserve of 4 MiB takes 50,000 events")
}

// everyReadIsOnRecord counts the reads in the log, by way of the log's own call.
func (d *onFullDisk) everyReadIsOnRecord() {
	d.Helper()
	request, recorded := &pb.ListAccessEventsRequest{PageSize: 1000}, 0
	for {
		ctx, cancel := context.WithTimeout(d.Context(), 20*time.Second)
		page, err := d.client.Audit().ListAccessEvents(ctx, request)
		cancel()
		if err != nil {
			d.Fatal(err)
		}
		for _, e := range page.Events {
			if e.Action == "PatientService.GetTrend" && e.Outcome == pb.AccessOutcome_ACCESS_OUTCOME_GRANTED && e.EpisodeId == "a" {
				recorded++
			}
		}
		if request.PageToken = page.NextPageToken; request.PageToken == "" {
			break
		}
	}
	if recorded < d.reads {
		d.Errorf("%d reads were answered, and %d are on record", d.reads, recorded)
	}
}

// eventsVerified reads the number of events in what audit verify says.
func eventsVerified(t *testing.T, said string) int {
	t.Helper()
	n, err := strconv.Atoi(regexp.MustCompile(`(\d+) events in`).FindStringSubmatch(said)[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}
