package server

import (
	"errors"

	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/proto" // registers the codec
	"google.golang.org/grpc/mem"
)

// codec is gRPC's own, but for what it says of bytes that are no message: gRPC
// sends that to the client as it is, and the library's words may name types.
type codec struct{ encoding.CodecV2 }

func newCodec() codec { return codec{encoding.GetCodecV2("proto")} }

var errNoMessage = errors.New("what was sent is not this call's message")

func (c codec) Unmarshal(data mem.BufferSlice, v any) error {
	if c.CodecV2.Unmarshal(data, v) != nil {
		return errNoMessage
	}
	return nil
}
