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

// databaseOf names the database that belongs to a data folder.
func databaseOf(folder string) string { return "bench_" + filepath.Base(folder) }

// inPostgres makes a database like the template, to which nobody is connected.
func (p *place) inPostgres(ctx context.Context, folder, template string) (storage, error) {
	server, err := p.postgresServer()
	if err != nil {
		return storage{}, err
	}
	name := databaseOf(folder)
	err = executePostgres(ctx, server.Address("postgres"), "CREATE DATABASE "+name+" TEMPLATE "+template)
	return storage{folder: folder, address: server.Address(name)}, err
}

func (p *place) dropPostgres(ctx context.Context, s storage) error {
	server, err := p.postgresServer()
	if err != nil {
		return err
	}
	return executePostgres(ctx, server.Address("postgres"), "DROP DATABASE "+databaseOf(s.folder)+" WITH (FORCE)")
}

func executePostgres(ctx context.Context, address, statement string) error {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}

// postgresRow reads one row: its columns, and their values.
func postgresRow(ctx context.Context, address, query string, args ...any) (columns []string, values []any, err error) {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return nil, nil, err
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, query, args...)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	if !rows.Next() {
		return nil, nil, errors.Join(errNoForm, rows.Err())
	}
	for _, column := range rows.FieldDescriptions() {
		columns = append(columns, column.Name)
	}
	values, err = rows.Values()
	return columns, values, err
}

func postgresBytes(ctx context.Context, address string) (int64, error) {
	_, values, err := postgresRow(ctx, address, "SELECT pg_database_size(current_database())")
	if err != nil {
		return 0, err
	}
	return values[0].(int64), nil
}

// postgresVersion is the server's own word, and the folder of its data.
func (p *place) postgresVersion(ctx context.Context) (version, folder string, err error) {
	server, err := p.postgresServer()
	if err != nil {
		return "", "", err
	}
	_, values, err := postgresRow(ctx, server.Address("postgres"), "SELECT current_setting('server_version')")
	if err != nil {
		return "", "", err
	}
	folder, err = dataFolder(server)
	return values[0].(string), folder, err
}

// dataFolder is where a server keeps its files.
func dataFolder(server *pgtest.Server) (string, error) {
	address, err := url.Parse(server.Address("postgres"))
	if err != nil {
		return "", err
	}
	return filepath.Join(address.Query().Get("host"), "data"), nil
}

// postmasterFile holds the number of a server's first process while it runs.
const postmasterFile = "postmaster.pid"

// postmaster is the number of the process that starts all others of a server.
func postmaster(server *pgtest.Server) (int, error) {
	folder, err := dataFolder(server)
	if err != nil {
		return 0, err
	}
	text, err := os.ReadFile(filepath.Join(folder, postmasterFile))
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	return strconv.Atoi(first)
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
	folder, err := dataFolder(server)
	if err != nil {
		return err
	}
	pid, err := postmaster(server)
	if err != nil {
		return err
	}
	if err := syscall.Kill(pid, syscall.SIGINT); err != nil {
		return err
	}
	for until := time.Now().Add(stopTime); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(folder, postmasterFile)); errors.Is(err, os.ErrNotExist) {
			return nil
		}
	}
	return fmt.Errorf("PostgreSQL did not stop in %v", stopTime)
}
