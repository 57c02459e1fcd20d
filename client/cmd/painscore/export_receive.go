package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/schollz/progressbar/v3"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/painscore/painscore/client/cmd/painscore/tables"
	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// exportAttempts is how often in a row a stream may break without a row coming.
const exportAttempts = 5

// exportPause is how long to wait before a stream is taken up again.
var exportPause = 2 * time.Second

// receiveDelivery writes a delivery and its manifest into a folder.
func receiveDelivery(ctx context.Context, progress io.Writer, registry pb.RegistryServiceClient, request *pb.ExportRequest, s shape, folder string) (*manifest, error) {
	var made *manifest
	err := inFolder(folder, func(unfinished string) error {
		r := &receiver{registry: registry, request: proto.Clone(request).(*pb.ExportRequest), shape: s, folder: unfinished, bar: newExportBar(progress)}
		defer r.bar.done()
		files, err := r.receive(ctx)
		if err != nil {
			return err
		}
		made = newManifest(r.header, r.end, s, files)
		body, err := made.bytes()
		if err == nil {
			err = os.WriteFile(filepath.Join(unfinished, manifestName), body, 0o600)
		}
		return outputError(err)
	})
	return made, err
}

// receiver takes in a delivery, through as many streams as it needs.
type receiver struct {
	registry pb.RegistryServiceClient
	request  *pb.ExportRequest
	shape    shape
	folder   string
	bar      *exportBar

	header *pb.ExportHeader
	out    *tables.Out
	rows   []int64
	end    *pb.ExportEnd
}

func (r *receiver) receive(ctx context.Context) ([]tables.File, error) {
	for broken := 0; r.end == nil; {
		before := r.request.GetResumeAfter()
		err := r.stream(ctx)
		if r.request.GetResumeAfter() != before {
			broken = 0
		}
		if err == nil {
			break
		}
		if broken++; !mayGoOn(err) || broken == exportAttempts {
			if r.out != nil {
				r.out.Abandon()
			}
			return nil, err
		}
		select {
		case <-time.After(exportPause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	files, err := r.out.Close()
	return files, outputError(err)
}

// mayGoOn says whether a stream broke in a way that has nothing to do with what
// was asked for.
func mayGoOn(err error) bool {
	switch status.Code(err) {
	case codes.Unavailable, codes.ResourceExhausted, codes.Aborted:
		return true
	}
	return errors.Is(err, errCutOff)
}

var errCutOff = errors.New("the delivery was cut off")

// stream takes in what one stream brings.
func (r *receiver) stream(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := r.registry.Export(ctx, r.request)
	if err != nil {
		return err
	}
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return errCutOff
		}
		if err != nil {
			return err
		}
		switch part.GetPart().(type) {
		case *pb.ExportResponse_Header:
			err = r.begin(part.GetHeader())
		case *pb.ExportResponse_Rows:
			err = r.add(part.GetRows())
		case *pb.ExportResponse_End:
			return r.finish(part.GetEnd())
		}
		if err != nil {
			return err
		}
	}
}

// begin takes the header. One of a later stream must be the same.
func (r *receiver) begin(header *pb.ExportHeader) error {
	if r.header != nil {
		if !proto.Equal(r.header, header) {
			return &exit{exitFault, errors.New("the server goes on with another delivery than it began")}
		}
		return nil
	}
	r.header, r.rows = header, make([]int64, len(header.GetTables()))
	out, err := tables.Create(r.folder, header, r.shape.Format, r.shape.Layout)
	r.out = out
	return outputError(err)
}

func (r *receiver) add(part *pb.ExportRows) error {
	if r.header == nil {
		return &exit{exitFault, errors.New("the server sent rows before the header")}
	}
	if err := r.out.Add(part.GetRows()); err != nil {
		return outputError(err)
	}
	for _, row := range part.GetRows() {
		r.rows[row.GetTable()]++
		if row.GetTable() == 0 {
			r.request.ResumeAfter = r.episodeOf(row)
		}
	}
	r.bar.tell(part.GetRead(), r.header.GetToRead(), r.rows)
	return nil
}

// episodeOf is the pseudonym in a row of the table of episodes.
func (r *receiver) episodeOf(row *pb.ExportRow) string {
	at := 0
	for _, c := range r.header.GetTables()[0].GetColumns() {
		if c.GetVariable() == "episode" {
			return row.GetTexts()[at]
		}
		if c.GetType() != pb.ExportColumnType_EXPORT_COLUMN_TYPE_NUMBER {
			at++
		}
	}
	return ""
}

// finish makes sure that all of it has come.
func (r *receiver) finish(end *pb.ExportEnd) error {
	if r.header == nil || len(end.GetRows()) != len(r.rows) {
		return &exit{exitFault, errors.New("the delivery is not whole; nothing was written")}
	}
	for i, n := range end.GetRows() {
		if r.rows[i] != n {
			return &exit{exitFault, fmt.Errorf("the delivery has %d rows of %s and %d came; nothing was written", n, r.header.GetTables()[i].GetName(), r.rows[i])}
		}
	}
	r.end = end
	return nil
}

// exportBar tells how far a delivery is, on a terminal.
type exportBar struct {
	bar *progressbar.ProgressBar
	at  time.Time
}

func newExportBar(out io.Writer) *exportBar {
	return &exportBar{bar: newProgress(out, 1).bar}
}

func (b *exportBar) tell(read, toRead int64, rows []int64) {
	if b.bar == nil || time.Since(b.at) < 200*time.Millisecond {
		return
	}
	b.at = time.Now()
	total := int64(0)
	for _, n := range rows[1:] {
		total += n
	}
	b.bar.ChangeMax64(max(toRead, read+1)) // amended forms are changes, too: it may end early
	b.bar.Describe(fmt.Sprintf("%d episodes, %d sheets", rows[0], total))
	b.bar.Set64(read)
}

func (b *exportBar) done() {
	if b.bar != nil {
		b.bar.Finish()
	}
}
