package sqlite

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// chunkSize is how much of the file is looked at at a time: a multiple of any
// page size.
const chunkSize = 1 << 20

// maxScrubbed is the number of pages above which the kind of a page can no
// longer be told from its first byte.
const maxScrubbed = 1 << 25

// scrub overwrites the unused part of every page of a database's tables and
// indexes with zeros. SQLite overwrites a row that is deleted, but not the copy
// that stays behind where it rearranges rows among neighbouring pages
// (rebuildPage in its source, seen in version 3.54). No reader looks at these
// bytes, and a crash in between leaves nothing but old or new ones, so that the
// file is whole at any moment.
//
// The log must be empty and nobody may write meanwhile: rearranging exchanges
// pages, and could put one that was not looked at in the place of one that was.
func scrub(file *os.File, pageSize int) error {
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	if info.Size()/int64(pageSize) > maxScrubbed {
		return errors.New("sqlite: the file is too large to be purged in place")
	}
	chunk, wrote := make([]byte, chunkSize), false
	for offset := int64(0); offset < info.Size(); offset += chunkSize {
		n, err := file.ReadAt(chunk, offset)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("sqlite: %w", err)
		}
		for at := 0; at+pageSize <= n; at += pageSize {
			from, to := unused(chunk[at : at+pageSize])
			if rest := chunk[at+from : at+to]; !zero(rest) {
				clear(rest)
				if _, err := file.WriteAt(rest, offset+int64(at+from)); err != nil {
					return fmt.Errorf("sqlite: %w", err)
				}
				wrote = true
			}
		}
	}
	if !wrote {
		return nil
	}
	return file.Sync()
}

// unused returns the part of a page that belongs to no row: from the end of the
// array of cell pointers to the first cell
// (https://sqlite.org/fileformat2.html, section 1.6). It is empty for pages of
// other kinds. A page that continues a long row, or that is free, begins with
// the number of another page, hence below maxScrubbed pages with 0 or 1; it
// was zeroed when it became free. The first page of a file begins with a text;
// it holds the schema and nobody's data.
func unused(page []byte) (from, to int) {
	switch page[0] {
	case 2, 5: // inner page of an index or a table
		from = 12
	case 10, 13: // leaf
		from = 8
	default:
		return 0, 0
	}
	from += 2 * int(binary.BigEndian.Uint16(page[3:]))
	to = int(binary.BigEndian.Uint16(page[5:]))
	if to == 0 {
		to = 65536
	}
	if from > to || to > len(page) {
		return 0, 0 // not a page as it should be: not ours to mend
	}
	return from, to
}

var zeros [65536]byte

func zero(b []byte) bool { return bytes.Equal(b, zeros[:len(b)]) }
