package main

import (
	"context"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"
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

// dial opens n connections to a server on this machine. They connect at the
// first call. gRPC's own retries are off: what failed shall be seen.
func dial(addr string, n int) ([]*grpc.ClientConn, error) {
	conns := make([]*grpc.ClientConn, n)
	for i := range conns {
		conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithDisableRetry(), grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(32<<20)))
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
