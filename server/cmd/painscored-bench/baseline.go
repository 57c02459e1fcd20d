package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	_ "github.com/mattn/go-sqlite3" // the stub and the raw inserts are written against it
)

// The baselines are servers of the least that could be there. They run as
// processes of their own, so that they share the processors with the load
// generator exactly as painscored does.
//
// echo answers every call with the same bytes and does not look at the request:
// what gRPC takes. stub adds what durability takes: it stores one packed row of
// the size of a real one under the caller's submission id, and answers when the
// row is flushed to the medium. Both are as quick as they can honestly be made.

// baselineCommand is what the benchmark starts itself with.
func baselineCommand() *cobra.Command {
	var method, replyFile, rowFile, database string
	cmd := &cobra.Command{
		Use: "baseline", Short: "serve an echo or a stub, for the benchmark itself", Hidden: true, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			reply, err := os.ReadFile(replyFile)
			if err != nil {
				return err
			}
			var answer func(*frame) error
			if database != "" {
				row, err := os.ReadFile(rowFile)
				if err != nil {
					return err
				}
				stub, err := openStub(database, string(row))
				if err != nil {
					return err
				}
				defer func() { err = errors.Join(err, stub.close()) }()
				answer = stub.store
			}
			return serveBaseline(cmd.Context(), cmd.OutOrStdout(), method, &frame{bytes: reply}, answer)
		},
	}
	cmd.Flags().StringVar(&method, "method", "", "full name of the method to serve")
	cmd.Flags().StringVar(&replyFile, "reply", "", "file with the reply's bytes")
	cmd.Flags().StringVar(&rowFile, "row", "", "file with the row that the stub stores")
	cmd.Flags().StringVar(&database, "database", "", "folder of the stub's database; without it the baseline is an echo")
	return cmd
}

// serveBaseline answers one method with the same reply until it is told to end.
func serveBaseline(ctx context.Context, stdout io.Writer, method string, reply *frame, answer func(*frame) error) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	handler := func(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
		request := &frame{keep: answer != nil}
		if err := decode(request); err != nil || answer == nil {
			return reply, err
		}
		return reply, answer(request)
	}
	g := grpc.NewServer(grpc.ForceServerCodecV2(frames{}), grpc.MaxConcurrentStreams(1024), grpc.WaitForHandlers(true))
	g.RegisterService(&grpc.ServiceDesc{
		ServiceName: path.Base(path.Dir(method)), HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{{MethodName: path.Base(method), Handler: handler}},
	}, nil)
	fmt.Fprintf(stdout, "baseline: gRPC on %s\n", listener.Addr())
	go func() { <-ctx.Done(); g.Stop() }()
	return g.Serve(listener)
}

// stub stores rows in groups: one writer takes every request that waits, at
// most stubBatch, and answers them after one commit.
type stub struct {
	db       *sql.DB
	conn     *sql.Conn
	insert   *sql.Stmt
	row      string
	requests chan *pending
	ended    chan struct{}
}

type pending struct {
	id   string
	done chan error
}

const stubBatch = 256

// rowTable is the table of the stub and of the raw inserts: one packed row
// under the caller's id, and no index besides.
const rowTable = "CREATE TABLE form (id TEXT NOT NULL PRIMARY KEY, packed TEXT NOT NULL) STRICT, WITHOUT ROWID"

const insertRow = "INSERT INTO form (id, packed) VALUES (?1, ?2) ON CONFLICT DO NOTHING"

// openRows makes a database of the same durability as painscored's.
func openRows(file string) (*sql.DB, *sql.Conn, *sql.Stmt, error) {
	db, err := sql.Open("sqlite3", "file:"+file+"?_journal_mode=WAL&_synchronous=FULL&_txlock=immediate")
	if err != nil {
		return nil, nil, nil, err
	}
	ctx := context.Background()
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, nil, nil, errors.Join(err, db.Close())
	}
	var insert *sql.Stmt
	if _, err = conn.ExecContext(ctx, rowTable); err == nil {
		insert, err = conn.PrepareContext(ctx, insertRow)
	}
	if err != nil {
		return nil, nil, nil, errors.Join(err, conn.Close(), db.Close())
	}
	return db, conn, insert, nil
}

func openStub(folder, row string) (*stub, error) {
	db, conn, insert, err := openRows(filepath.Join(folder, "stub.db"))
	if err != nil {
		return nil, err
	}
	s := &stub{db: db, conn: conn, insert: insert, row: row, requests: make(chan *pending, 4*stubBatch), ended: make(chan struct{})}
	go s.write()
	return s, nil
}

// store is the stub's handler. The id stands first in a SubmitRequest: its tag,
// its length, its text.
func (s *stub) store(request *frame) error {
	if len(request.bytes) < 38 || request.bytes[0] != 0x0a || request.bytes[1] != 36 {
		return errors.New("the request does not begin with a submission id of 36 characters")
	}
	p := &pending{id: string(request.bytes[2:38]), done: make(chan error, 1)}
	s.requests <- p
	return <-p.done
}

func (s *stub) write() {
	defer close(s.ended)
	batch := make([]*pending, 0, stubBatch)
	for first := range s.requests {
		batch = append(batch[:0], first)
		for more := true; more && len(batch) < stubBatch; {
			select {
			case p, open := <-s.requests:
				if more = open; open {
					batch = append(batch, p)
				}
			default:
				more = false
			}
		}
		err := s.commit(batch)
		for _, p := range batch {
			p.done <- err
		}
	}
}

func (s *stub) commit(batch []*pending) error {
	ctx := context.Background()
	if _, err := s.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	for _, p := range batch {
		if _, err := s.insert.ExecContext(ctx, p.id, s.row); err != nil {
			_, undone := s.conn.ExecContext(ctx, "ROLLBACK")
			return errors.Join(err, undone)
		}
	}
	_, err := s.conn.ExecContext(ctx, "COMMIT")
	return err
}

func (s *stub) close() error {
	close(s.requests)
	<-s.ended
	return errors.Join(s.insert.Close(), s.conn.Close(), s.db.Close())
}
