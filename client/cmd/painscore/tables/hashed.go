package tables

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"
	"path/filepath"
)

// File is a file that was written.
type File struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // in hex
}

// hashed is a file that only its owner can read, hashed while it is written.
type hashed struct {
	name   string
	file   *os.File
	buffer *bufio.Writer
	sum    hash.Hash
	bytes  int64
}

func create(folder, name string) (*hashed, error) {
	f, err := os.OpenFile(filepath.Join(folder, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	h := &hashed{name: name, file: f, sum: sha256.New()}
	h.buffer = bufio.NewWriterSize(io.MultiWriter(f, h.sum, (*counter)(&h.bytes)), 64<<10)
	return h, nil
}

func (h *hashed) Write(p []byte) (int, error) { return h.buffer.Write(p) }

// finish flushes the file to the medium and says what it is.
func (h *hashed) finish() (File, error) {
	err := errors.Join(h.buffer.Flush(), h.file.Sync(), h.file.Close())
	return File{Name: h.name, Bytes: h.bytes, SHA256: hex.EncodeToString(h.sum.Sum(nil))}, err
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
