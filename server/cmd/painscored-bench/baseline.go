package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path"
	"syscall"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
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
	var method, replyFile, rowFile, folder, address string
	cmd := &cobra.Command{
		Use: "baseline", Short: "serve an echo or a stub, for the benchmark itself", Hidden: true, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			reply, err := os.ReadFile(replyFile)
			if err != nil {
				return err
			}
			var answer func(*frame) error
			if rowFile != "" {
				row, err := os.ReadFile(rowFile)
				if err != nil {
					return err
				}
				stub, err := openStub(cmd.Context(), storage{folder: folder, address: address}, string(row))
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
	cmd.Flags().StringVar(&rowFile, "row", "", "file with the row that the stub stores; without it the baseline is an echo")
	cmd.Flags().StringVar(&folder, "data", "", "folder of the stub's SQLite file")
	cmd.Flags().StringVar(&address, "store", "", "address of an empty PostgreSQL database, in place of the file")
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
	rows     inserter
	row      string
	requests chan *pending
	ended    chan struct{}
}

type pending struct {
	id   string
	done chan error
}

const stubBatch = 256

func openStub(ctx context.Context, at storage, row string) (*stub, error) {
	rows, err := openRows(ctx, at)
	if err != nil {
		return nil, err
	}
	s := &stub{rows: rows, row: row, requests: make(chan *pending, 4*stubBatch), ended: make(chan struct{})}
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
	rows := make([][]any, len(batch))
	for i, p := range batch {
		rows[i] = []any{p.id, s.row}
	}
	return s.rows.commit(context.Background(), rows)
}

func (s *stub) close() error {
	close(s.requests)
	<-s.ended
	return s.rows.close()
}
