package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	"github.com/painscore/painscore/client"
)

// frame is a message that is already in wire form. The load generator shares
// the machine with the server, so it neither builds nor reads messages.
type frame struct {
	bytes []byte // what is sent; what came, if keep
	keep  bool
}

// frames moves frames and says that they are protobuf, which they are.
type frames struct{}

func (frames) Name() string { return "proto" }

func (frames) Marshal(v any) (mem.BufferSlice, error) {
	f, ok := v.(*frame)
	if !ok {
		return nil, fmt.Errorf("%T is no frame", v)
	}
	return mem.BufferSlice{mem.SliceBuffer(f.bytes)}, nil
}

func (frames) Unmarshal(data mem.BufferSlice, v any) error {
	f, ok := v.(*frame)
	if !ok {
		return fmt.Errorf("%T is no frame", v)
	}
	if f.keep {
		f.bytes = data.Materialize()
	}
	return nil
}

// bearer signs every call in by a token.
type bearer string

func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(b)}, nil
}

// RequireTransportSecurity is false: the server is on this machine.
func (bearer) RequireTransportSecurity() bool { return false }

// dialClient makes the client that programs use, which makes each call once.
func (c *child) dialClient() (*client.Client, error) {
	options := []client.Option{client.WithAttempts(1), client.WithTimeout(callTime)}
	if c.token != "" {
		options = append(options, client.WithTokenFile(c.token))
	}
	return client.Dial(c.addr, options...)
}

// dial opens n connections to a server. They connect at the first call. gRPC's
// own retries are off: what failed shall be seen.
func (c *child) dial(n int) ([]*grpc.ClientConn, error) {
	options := []grpc.DialOption{grpc.WithTransportCredentials(c.transport()),
		grpc.WithDisableRetry(), grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(32 << 20))}
	if c.token != "" {
		text, err := os.ReadFile(c.token)
		if err != nil {
			return nil, err
		}
		options = append(options, grpc.WithPerRPCCredentials(bearer(strings.TrimSpace(string(text)))))
	}
	conns := make([]*grpc.ClientConn, n)
	for i := range conns {
		conn, err := grpc.NewClient(c.addr, options...)
		if err != nil {
			hangUp(conns[:i])
			return nil, err
		}
		conns[i] = conn
	}
	return conns, nil
}

func hangUp(conns []*grpc.ClientConn) {
	for _, conn := range conns {
		conn.Close()
	}
}

// rawCall sends bytes and returns the reply's.
func rawCall(ctx context.Context, conn *grpc.ClientConn, method string, request []byte) ([]byte, error) {
	reply := &frame{keep: true}
	err := conn.Invoke(ctx, method, &frame{bytes: request}, reply, grpc.ForceCodecV2(frames{}))
	return reply.bytes, err
}

// mustMarshal is for messages made here, which always marshal.
func mustMarshal(m proto.Message) []byte {
	body, err := proto.Marshal(m)
	if err != nil {
		panic(err)
	}
	return body
}
