package client

import (
	"context"
	"time"

	"google.golang.org/grpc"
)

// DefaultTimeout is the deadline of a unary call whose context has none,
// retries included. Streams have none of their own: a stream of a million
// sheets may take its time.
const DefaultTimeout = 15 * time.Second

// deadline gives a call the default timeout unless its context has a deadline,
// sooner or later.
func deadline(timeout time.Duration) grpc.UnaryClientInterceptor {
	return func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		if _, has := ctx.Deadline(); !has && timeout > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, timeout)
			defer cancel()
		}
		return invoke(ctx, method, req, reply, cc, opts...)
	}
}
