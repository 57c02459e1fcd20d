package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
)

// flood is one connection that opens calls without waiting for their answers, as
// many callers together do. It writes HTTP/2 itself: a generator that shares the
// machine with the server must cost much less than it.
type flood struct {
	conn   net.Conn
	framer *http2.Framer // of its reader; and, under mu, of its writers
	out    *bufio.Writer
	block  []byte // the headers of every call after the first
	source source

	mu     sync.Mutex
	nextID uint32
	window int64            // bytes that the server takes yet
	most   int              // calls that the server lets be open
	began  map[uint32]int64 // of open calls, in nanoseconds since start
	start  time.Time
	found  outcome
	ended  error
}

// outcome is how the calls of a flood went.
type outcome struct {
	sent, answered, refused, heldBack int
	failed                            map[string]int // neither answered nor refused with a time to come again
	took, refusedIn                   []time.Duration
}

func (o *outcome) add(other outcome) {
	o.sent, o.answered, o.refused, o.heldBack = o.sent+other.sent, o.answered+other.answered, o.refused+other.refused, o.heldBack+other.heldBack
	if o.failed == nil {
		o.failed = map[string]int{}
	}
	for what, n := range other.failed {
		o.failed[what] += n
	}
	o.took, o.refusedIn = append(o.took, other.took...), append(o.refusedIn, other.refusedIn...)
}

// floodWindow is how much the server may send before it hears that it was read.
const floodWindow = 1 << 30

func openFlood(addr, token, method string, from source) (*flood, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	f := &flood{conn: conn, out: bufio.NewWriterSize(conn, 64<<10), nextID: 1, window: 65535, most: 100, began: map[uint32]int64{}, start: time.Now(), source: from}
	f.found.failed = map[string]int{}
	io.WriteString(f.out, http2.ClientPreface)
	f.framer = http2.NewFramer(f.out, bufio.NewReaderSize(conn, 64<<10))
	f.framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	f.framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 20})
	f.framer.WriteWindowUpdate(0, floodWindow)
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	fields := [][2]string{{":method", "POST"}, {":scheme", "http"}, {":path", method}, {":authority", addr}, {"content-type", "application/grpc"}, {"te", "trailers"}, {"grpc-timeout", "20S"}}
	if token != "" {
		fields = append(fields, [2]string{"authorization", "Bearer " + token})
	}
	// The first block teaches the server the fields; the second is what every
	// later call looks like.
	for range 2 {
		block.Reset()
		for _, field := range fields {
			encoder.WriteField(hpack.HeaderField{Name: field[0], Value: field[1]})
		}
		if f.block == nil {
			f.block = bytes.Clone(block.Bytes())
			f.mu.Lock()
			f.open()
			f.mu.Unlock()
		}
	}
	f.block = bytes.Clone(block.Bytes())
	err = f.out.Flush()
	go f.read()
	return f, err
}

// open writes one call; the caller holds mu and flushes.
func (f *flood) open() {
	request := f.source.request()
	var prefix [5]byte
	binary.BigEndian.PutUint32(prefix[1:], uint32(len(request)))
	f.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: f.nextID, BlockFragment: f.block, EndHeaders: true})
	f.framer.WriteData(f.nextID, true, append(prefix[:], request...))
	f.window -= int64(len(prefix) + len(request))
	f.began[f.nextID] = int64(time.Since(f.start))
	f.nextID += 2
	f.found.sent++
}

// tick is how often calls that are due are written.
const tick = time.Millisecond

// run opens calls at a rate, for as long as lasting, and no more at a time than
// the server or most allows: those that are due beyond that are held back, as a
// gRPC library does with them. Then it waits until all have ended.
func (f *flood) run(ctx context.Context, perSecond float64, most int, lasting time.Duration) (outcome, error) {
	f.mu.Lock()
	f.found = outcome{failed: map[string]int{}}
	f.mu.Unlock()
	began, due := time.Now(), 0
	for now := began; now.Sub(began) < lasting && ctx.Err() == nil; now = time.Now() {
		until := int(now.Sub(began).Seconds() * perSecond)
		if err := f.push(until-due, most); err != nil {
			return outcome{}, err
		}
		due = until
		time.Sleep(tick)
	}
	for end := time.Now().Add(callTime + time.Second); ; time.Sleep(tick) {
		f.mu.Lock()
		open, ended := len(f.began), f.ended
		f.mu.Unlock()
		switch {
		case open == 0:
			f.mu.Lock()
			defer f.mu.Unlock()
			return f.found, nil
		case ended != nil:
			return outcome{}, ended
		case time.Now().After(end):
			return outcome{}, fmt.Errorf("%d calls were not answered at all", open)
		}
	}
}

func (f *flood) push(n, most int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ended != nil {
		return f.ended
	}
	most = min(most, f.most)
	for ; n > 0 && len(f.began) < most && f.window > 2000; n-- {
		f.open()
	}
	f.found.heldBack += n
	return f.out.Flush()
}

// read takes in what the server sends until the connection ends.
func (f *flood) read() {
	unread := 0
	refusals := map[string]bool{} // whether a status' details have a RetryInfo
	for {
		frame, err := f.framer.ReadFrame()
		f.mu.Lock()
		if err != nil {
			f.ended = cmpError(f.ended, err)
			f.mu.Unlock()
			return
		}
		switch frame := frame.(type) {
		case *http2.MetaHeadersFrame:
			if frame.StreamEnded() {
				f.end(frame, refusals)
			}
		case *http2.DataFrame:
			if unread += len(frame.Data()); unread > floodWindow/4 {
				f.framer.WriteWindowUpdate(0, uint32(unread))
				unread = 0
				f.out.Flush()
			}
		case *http2.SettingsFrame:
			if !frame.IsAck() {
				if v, ok := frame.Value(http2.SettingMaxConcurrentStreams); ok {
					f.most = int(v)
				}
				f.framer.WriteSettingsAck()
				f.out.Flush()
			}
		case *http2.PingFrame:
			if !frame.IsAck() {
				f.framer.WritePing(true, frame.Data)
				f.out.Flush()
			}
		case *http2.WindowUpdateFrame:
			if frame.StreamID == 0 {
				f.window += int64(frame.Increment)
			}
		case *http2.RSTStreamFrame:
			if _, open := f.began[frame.StreamID]; open {
				f.found.failed["RST_STREAM "+frame.ErrCode.String()]++
				delete(f.began, frame.StreamID)
			}
		case *http2.GoAwayFrame:
			f.ended = fmt.Errorf("the server hung up: %v", frame.ErrCode)
		}
		f.mu.Unlock()
	}
}

func cmpError(first, then error) error {
	if first != nil {
		return first
	}
	return then
}

// end books a call that has ended; the caller holds mu.
func (f *flood) end(frame *http2.MetaHeadersFrame, refusals map[string]bool) {
	at, open := f.began[frame.StreamID]
	if !open {
		return
	}
	delete(f.began, frame.StreamID)
	took := time.Since(f.start) - time.Duration(at)
	var code, details string
	for _, field := range frame.Fields {
		switch field.Name {
		case "grpc-status":
			code = field.Value
		case "grpc-status-details-bin":
			details = field.Value
		}
	}
	switch {
	case code == "0":
		f.found.answered++
		f.found.took = append(f.found.took, took)
	case code == fmt.Sprint(uint32(codes.ResourceExhausted)) && hasRetryInfo(details, refusals):
		f.found.refused++
		f.found.refusedIn = append(f.found.refusedIn, took)
	default:
		f.found.failed["code "+code]++
	}
}

// hasRetryInfo says whether a refusal tells when to come again. Refusals are
// much alike, so each text is read once.
func hasRetryInfo(details string, known map[string]bool) bool {
	has, seen := known[details]
	if seen {
		return has
	}
	body, err := base64.RawStdEncoding.DecodeString(details)
	var st spb.Status
	if err == nil {
		err = proto.Unmarshal(body, &st)
	}
	has = err == nil && slices.ContainsFunc(st.Details, func(d *anypb.Any) bool {
		return d.MessageIs(&errdetails.RetryInfo{})
	})
	known[details] = has
	return has
}

// flooded runs all connections together and adds up what they found.
func flooded(ctx context.Context, all []*flood, perSecond float64, mostEach int, lasting time.Duration) (sum outcome, err error) {
	var mu sync.Mutex
	var done sync.WaitGroup
	for _, f := range all {
		done.Go(func() {
			one, failed := f.run(ctx, perSecond/float64(len(all)), mostEach, lasting)
			mu.Lock()
			defer mu.Unlock()
			sum.add(one)
			err = errors.Join(err, failed)
		})
	}
	done.Wait()
	slices.Sort(sum.took)
	slices.Sort(sum.refusedIn)
	return sum, err
}
