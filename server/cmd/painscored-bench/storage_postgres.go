package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/painscore/painscore/server/store/postgres/pgtest"
)

// postgresServer is the run's own PostgreSQL, started when it is first needed.
func (p *place) postgresServer() (*pgtest.Server, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.postgres == nil {
		server, err := pgtest.New()
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errSkipped, err)
		}
		p.postgres = server
	}
	return p.postgres, nil
}

// inPostgres makes an empty database.
func (p *place) inPostgres(ctx context.Context, folder string) (storage, error) {
	server, err := p.postgresServer()
	if err != nil {
		return storage{}, err
	}
	conn, err := pgx.Connect(ctx, server.Address("postgres"))
	if err != nil {
		return storage{}, err
	}
	name := "bench_" + filepath.Base(folder)
	_, err = conn.Exec(ctx, "CREATE DATABASE "+name)
	return storage{folder: folder, args: []string{"--store", server.Address(name)}}, errors.Join(err, conn.Close(ctx))
}

// stopPostgres stops the server with all that is connected: fast lets it write
// down what it has, immediate is a crash.
func stopPostgres(server *pgtest.Server, fast bool) error {
	if fast {
		if err := stopFast(server); err != nil {
			return err
		}
	}
	return server.Crash() // also reaps what kept the server
}

// stopFast sends PostgreSQL the signal for its fast shutdown and waits for the
// end: it removes the file with its number then.
func stopFast(server *pgtest.Server) error {
	address, err := url.Parse(server.Address("postgres"))
	if err != nil {
		return err
	}
	file := filepath.Join(address.Query().Get("host"), "data", "postmaster.pid")
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		return err
	}
	if err := syscall.Kill(pid, syscall.SIGINT); err != nil {
		return err
	}
	for until := time.Now().Add(stopTime); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
			return nil
		}
	}
	return fmt.Errorf("PostgreSQL did not stop in %v", stopTime)
}
