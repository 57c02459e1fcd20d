package identity

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// The key file is lines of text: comments, a heading with the format's number,
// one line per key (keyline.go), and a check line over all that stands before
// it. Format 1 had two keys, for sealing and look-ups, and is read for good.
const (
	heading    = "painscore-keys 2"
	heading1   = "painscore-keys 1"
	maxKeyFile = 64 << 10
	comment    = `# The keys of a painscore database. Without this file nobody can find or name
# the patients in it, and no backup of the database helps. Save a copy of it,
# away from this machine and away from the database and its backups. Do not edit.
`
)

// ErrKeyFile: the key file is there and cannot be used. The error that wraps it
// says why and what to do.
var ErrKeyFile = errors.New("identity: the key file cannot be used")

// LoadOrCreate loads the key file at path, or makes one, readable by this user
// only, if there is none. For a database that was used already take Load: new
// keys would find nobody in it.
func LoadOrCreate(path string) (*Keyring, error) {
	keys, err := Load(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return keys, err
	}
	err = makeKeyFile(path)
	if err != nil && !errors.Is(err, fs.ErrExist) { // another process was faster
		return nil, err
	}
	return Load(path)
}

// Load loads the key file at path. The error is fs.ErrNotExist if there
// is none, and ErrKeyFile if it is open to other users or damaged.
func Load(path string) (*Keyring, error) { return load(path, parseKeys) }

// LoadGiven loads keys that something else keeps and put into a file for us,
// such as a manager of secrets: as Load, but people write them, so that the
// check line may be missing. One that does not fit is refused all the same.
func LoadGiven(path string) (*Keyring, error) { return load(path, parseGiven) }

// ParseGiven is LoadGiven for the text of a key file. Its errors hold no key.
func ParseGiven(text string) (*Keyring, error) {
	r, err := parseGiven([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeyFile, err)
	}
	return keyringOf(r), nil
}

func load(path string, parse func([]byte) (*ring, error)) (*Keyring, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("identity: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("identity: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: %s is not a file", ErrKeyFile, path)
	}
	// Windows has no such permissions.
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("%w: %s can be used by other users (mode %04o): run chmod 600 on it, and consider whether somebody has read it", ErrKeyFile, path, mode)
	}
	text, err := io.ReadAll(io.LimitReader(file, maxKeyFile+1))
	if err != nil {
		return nil, fmt.Errorf("identity: %w", err)
	}
	r, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w: put back the copy that was saved elsewhere", ErrKeyFile, path, err)
	}
	return keyringOf(r), nil
}

func keyringOf(r *ring) *Keyring {
	k := &Keyring{}
	k.ring.Store(r)
	return k
}

// parseKeys reads a key file strictly. Its errors name lines, never keys.
func parseKeys(text []byte) (*ring, error) {
	if len(text) > maxKeyFile {
		return nil, errors.New("it is far too long")
	}
	body, check, found := bytes.Cut(text, []byte("\ncheck "))
	body = append(body, '\n')
	if !found || string(check) != checkValue(body)+"\n" {
		return nil, errors.New("it is damaged: its check line is missing or does not fit")
	}
	return parseLines(strings.Split(strings.TrimSuffix(string(body), "\n"), "\n"))
}

// parseGiven reads keys that people wrote: without a check line if need be, and
// with empty lines.
func parseGiven(text []byte) (*ring, error) {
	if bytes.Contains(text, []byte("\ncheck ")) {
		return parseKeys(append(bytes.TrimRight(bytes.Clone(text), "\n"), '\n'))
	}
	if len(text) > maxKeyFile {
		return nil, errors.New("it is far too long")
	}
	lines := strings.Split(string(text), "\n")
	for i, line := range lines {
		if line == "" {
			lines[i] = "#" // a comment, so that lines keep their numbers
		}
	}
	return parseLines(lines)
}

func parseLines(lines []string) (*ring, error) {
	keys, headed := newRing(), false
	for i, line := range lines {
		switch {
		case strings.HasPrefix(line, "#"):
		case !headed && (line == heading || line == heading1):
			headed = true
		case !headed:
			return nil, fmt.Errorf("line %d is not %q: a newer painscore wrote it, or it is no key file", i+1, heading)
		default:
			key, err := parseKey(line)
			if err == nil {
				err = keys.add(key)
			}
			if err != nil {
				return nil, fmt.Errorf("line %d %w", i+1, err)
			}
		}
	}
	if keys.sealing == "" || keys.lookup == nil {
		return nil, errors.New("a key is missing: it needs a current one for seal and for lookup")
	}
	return keys, nil
}

// encodeKeys is the text of a key file.
func encodeKeys(keys []key) []byte {
	body := comment + heading + "\n"
	for _, key := range keys {
		body += key.line()
	}
	return []byte(body + "check " + checkValue([]byte(body)) + "\n")
}

func checkValue(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:8])
}

// freshKeys are those of a new key file.
func freshKeys() []key {
	return []key{
		newKey(purposeSeal, stateCurrent), newKey(purposeLookup, stateCurrent), newKey(purposeMark, stateCurrent),
		newKey(purposePseudonym, stateCurrent), newKey(purposeLog, time.Now().UTC().Format(monthLayout)),
	}
}

// makeKeyFile makes a key file that is either whole, and on the medium, or not
// there at all. It never replaces one: fs.ErrExist.
func makeKeyFile(path string) error {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("identity: %w", err)
	}
	file, err := os.CreateTemp(folder, filepath.Base(path)+".new-*") // O_EXCL, 0600
	if err != nil {
		return fmt.Errorf("identity: %w", err)
	}
	defer os.Remove(file.Name())
	_, err = file.Write(encodeKeys(freshKeys()))
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("identity: make the key file: %w", err)
	}
	// Unlike a rename, a link fails if the name is taken.
	if err := os.Link(file.Name(), path); err != nil {
		return fmt.Errorf("identity: make the key file: %w", err)
	}
	return syncFolder(folder)
}

// syncFolder flushes a folder's list of names to the medium.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("identity: %w", err)
	}
	return errors.Join(folder.Sync(), folder.Close())
}
