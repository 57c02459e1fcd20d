package identity

import (
	"bytes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// The key file is lines of text: comments, a heading with the format's number,
// one line per key (purpose, key id, state, key in base64), and a check line
// over all that stands before it.
const (
	heading    = "painscore-keys 1"
	keySize    = 32
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
func Load(path string) (*Keyring, error) {
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
	keys, err := parseKeys(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w: put back the copy that was saved elsewhere", ErrKeyFile, path, err)
	}
	return keys, nil
}

// parseKeys reads a key file strictly. Its errors name lines, never keys.
func parseKeys(text []byte) (*Keyring, error) {
	if len(text) > maxKeyFile {
		return nil, errors.New("it is far too long")
	}
	body, check, found := bytes.Cut(text, []byte("\ncheck "))
	body = append(body, '\n')
	if !found || string(check) != checkValue(body)+"\n" {
		return nil, errors.New("it is damaged: its check line is missing or does not fit")
	}
	keys := &Keyring{seals: map[string]cipher.AEAD{}}
	headed := false
	for i, line := range strings.Split(strings.TrimSuffix(string(body), "\n"), "\n") {
		switch {
		case strings.HasPrefix(line, "#"):
		case !headed && line == heading:
			headed = true
		case !headed:
			return nil, fmt.Errorf("line %d is not %q: a newer painscore wrote it, or it is no key file", i+1, heading)
		default:
			if err := keys.parseKey(line); err != nil {
				return nil, fmt.Errorf("line %d %w", i+1, err)
			}
		}
	}
	if keys.sealing == "" || keys.lookup == nil {
		return nil, errors.New("a key is missing")
	}
	return keys, nil
}

// parseKey reads one line: seal ID current KEY, seal ID opens KEY, lookup ID current KEY.
func (k *Keyring) parseKey(line string) error {
	fields := strings.Split(line, " ")
	if len(fields) != 4 || fields[1] == "" {
		return errors.New("is not purpose, id, state and key")
	}
	purpose, id, state := fields[0], fields[1], fields[2]
	key, err := base64.StdEncoding.Strict().DecodeString(fields[3])
	if err != nil || len(key) != keySize {
		return fmt.Errorf("does not hold a key of %d bytes", keySize)
	}
	switch {
	case purpose == "lookup" && state == "current" && k.lookup == nil:
		k.lookup = key
		return nil
	case purpose == "seal" && state == "current" && k.sealing == "":
		k.sealing = id
	case purpose != "seal" || state != "opens":
		return errors.New("has an unknown or repeated purpose and state")
	}
	if _, twice := k.seals[id]; twice {
		return errors.New("repeats a key id")
	}
	return k.add(id, key)
}

func checkValue(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:8])
}

// newKeyFile is the text of a key file with fresh keys.
func newKeyFile() []byte {
	body := comment + heading + "\n" + newKeyLine("seal") + newKeyLine("lookup")
	return []byte(body + "check " + checkValue([]byte(body)) + "\n")
}

func newKeyLine(purpose string) string {
	key := make([]byte, keySize)
	rand.Read(key) // never fails: the program ends instead
	return purpose + " " + strings.ToLower(rand.Text()[:8]) + " current " + base64.StdEncoding.EncodeToString(key) + "\n"
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
	_, err = file.Write(newKeyFile())
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
