package sqlite

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Manifest describes a backup. It lies beside it as JSON, says nothing of any
// patient, and lets a restore notice that the file is not what was written.
type Manifest struct {
	Format        int               `json:"format"`
	MadeAt        time.Time         `json:"made_at"` // when it was begun: everything older is in it
	Software      string            `json:"software"`
	SchemaVersion int64             `json:"schema_version"`
	Properties    map[string]string `json:"properties"` // among them the store's kind and its key's fingerprint
	Rows          map[string]int64  `json:"rows"`       // per table
	NewestErasure string            `json:"newest_erasure"`
	Bytes         int64             `json:"bytes"`
	SHA256        string            `json:"sha256"` // of the backup, in hex
}

const (
	manifestFormat = 1
	maxManifest    = 1 << 20
)

// ManifestOf is the name of a backup's manifest.
func ManifestOf(backup string) string { return backup + ".json" }

// ReadManifest reads the manifest of a backup; os.ErrNotExist if it has none.
func ReadManifest(backup string) (m Manifest, err error) {
	name := ManifestOf(backup)
	file, err := os.Open(name)
	if err != nil {
		return m, fmt.Errorf("sqlite: %w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxManifest))
	if err != nil {
		return m, fmt.Errorf("sqlite: %w", err)
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("%w: %s: %w", ErrDamaged, name, err)
	}
	if m.Format != manifestFormat {
		return m, fmt.Errorf("%w: %s has format %d, this program knows %d", ErrNewerSchema, name, m.Format, manifestFormat)
	}
	return m, nil
}

// fill describes the file at path, which was examined.
func (m *Manifest) fill(ctx context.Context, e Examination, path string, progress Progress) (err error) {
	m.SchemaVersion, m.Properties, m.Rows, m.NewestErasure = e.SchemaVersion, e.Properties, e.Rows, e.NewestErasure
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	defer file.Close()
	m.Bytes, m.SHA256, err = copyHashed(ctx, io.Discard, file, "hash", progress)
	return err
}

func (m Manifest) write(name string) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(m); err != nil {
		return err
	}
	unfinished := name + ".unfinished"
	if err := errors.Join(os.WriteFile(unfinished, text.Bytes(), 0o600), syncFile(unfinished)); err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	if err := os.Rename(unfinished, name); err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	return syncFile(filepath.Dir(name))
}

// copyHashed copies a file and returns how many bytes it was and their SHA-256.
func copyHashed(ctx context.Context, to io.Writer, from *os.File, step string, progress Progress) (int64, string, error) {
	info, err := from.Stat()
	if err != nil {
		return 0, "", fmt.Errorf("sqlite: %w", err)
	}
	hash := sha256.New()
	buffer := make([]byte, 1<<20)
	for done := int64(0); ; {
		if err := ctx.Err(); err != nil {
			return done, "", err
		}
		n, err := io.ReadFull(from, buffer)
		hash.Write(buffer[:n])
		if _, err := to.Write(buffer[:n]); err != nil {
			return done, "", fmt.Errorf("sqlite: copy %s: %w", from.Name(), err)
		}
		done += int64(n)
		progress.tell(step, done, info.Size())
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return done, hex.EncodeToString(hash.Sum(nil)), nil
		case err != nil:
			return done, "", fmt.Errorf("sqlite: read %s: %w", from.Name(), err)
		}
	}
}
