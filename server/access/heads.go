package access

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// AppendHead adds a head to the file of heads, which lies outside the database:
// best on another machine, or a medium that can only be added to. Several
// processes may share it.
func AppendHead(path string, head Head) error {
	line, err := json.Marshal(head)
	if err != nil {
		return fmt.Errorf("access: %w", err)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("access: heads of the log: %w", err)
	}
	// One write, so that the lines of two processes do not mix. It begins a
	// line of its own even after one that a crash cut off.
	_, err = file.Write(append(append([]byte{'\n'}, line...), '\n'))
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("access: heads of the log: %w", err)
	}
	return nil
}

// ReadHeads reads a file of heads; none is no error. unreadable counts lines
// that are no head: one that a crash cut off, or that somebody changed.
func ReadHeads(path string) (heads []Head, unreadable int, err error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("access: heads of the log: %w", err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var head Head
		switch err := json.Unmarshal(lines.Bytes(), &head); {
		case len(lines.Bytes()) == 0: // see AppendHead
		case err != nil || head.Chain == "" || len(head.MAC) == 0:
			unreadable++
		default:
			heads = append(heads, head)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, 0, fmt.Errorf("access: heads of the log: %w", err)
	}
	return heads, unreadable, nil
}
