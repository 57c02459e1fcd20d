package main

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

var restartFault = fault{
	name: "restart-postgres", short: "PostgreSQL stops and comes back under load; painscored goes on by itself",
	long: `Stop PostgreSQL at random moments while clients submit, in turn by its fast shutdown and
by a crash, and start it again. painscored is not touched: it must answer UNAVAILABLE in
between, work again within half a minute by itself, and have lost and doubled nothing.`,
	run: runRestart,
}

// recovery is how long painscored may take from PostgreSQL's return to its own.
const recovery = 30 * time.Second

func runRestart(ctx context.Context, p *place, s size, v *verdict) error {
	if p.engine != postgresEngine {
		return fmt.Errorf("%w: it is about PostgreSQL (--engine %s)", errSkipped, postgresEngine)
	}
	k, err := newKiller(ctx, p, v)
	if err != nil {
		return err
	}
	database, err := p.postgresServer()
	if err != nil {
		return err
	}
	if k.server, err = p.serve(ctx, k.storage); err != nil {
		return err
	}
	for round := range s.of(4, 40) {
		fast := round%2 == 0
		journals, err := k.loadUntil(ctx, round, func() error { return stopPostgres(database, fast) })
		if err != nil {
			return err
		}
		if err := database.Start(); err != nil {
			return err
		}
		if err := k.recovered(ctx); err != nil {
			v.violate("round %d: %v", round, err)
			return nil
		}
		if err := k.check(ctx, round, journals); err != nil {
			return fmt.Errorf("round %d: %w", round, err)
		}
		v.count(map[bool]string{true: "fast shutdowns of PostgreSQL", false: "crashes of PostgreSQL"}[fast], 1)
	}
	if err := k.checkBooks(ctx, k.books); err != nil {
		return err
	}
	v.count("episodes read again at the end", len(k.books))
	return k.server.stop()
}

// recovered waits until the server takes reads and writes again.
func (k *killer) recovered(ctx context.Context) error {
	clients, err := k.dial(1)
	if err != nil {
		return err
	}
	defer clients[0].Close()
	began := time.Now()
	for time.Since(began) < recovery {
		request := &pb.UpsertEpisodeRequest{
			Patient: &pb.PatientIdentifier{System: identitySystem, Value: "of the recovery"},
			Episode: &pb.Episode{CareUnit: "SE2321000016-R001", EpisodeId: fmt.Sprint("recovery-", began.UnixNano()), Cohort: "x"},
		}
		if _, err = clients[0].Patients().UpsertEpisode(ctx, request); err == nil {
			k.verdict.count("milliseconds until it worked again, in all rounds", int(time.Since(began).Milliseconds()))
			return nil
		}
		if code := status.Code(err); code != codes.Unavailable {
			return fmt.Errorf("while the database comes back a call is answered: %w", err)
		}
		time.Sleep(20 * time.Millisecond)
	}
	return fmt.Errorf("no recovery in %v: %w", recovery, err)
}
