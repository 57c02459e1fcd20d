// Command generate makes the conformance kit: sheets of every built-in
// instrument and what each must score.
//
// It is a second implementation of the instruments, written so that the engine
// has something to be wrong against: it imports nothing of this project, its
// keys, cut-offs and coefficients are typed in once more from the published
// sources, and it computes with math/big where the engine uses scaled integers
// and tries every completion where the engine reasons about extremes. Keep it
// that way: where the two disagree, find out from the source which one is
// wrong, and never copy a number or a loop from the engine into it.
//
// After changing it, write the kit anew and read the difference:
//
//	go generate ./scoring/conformance
//
// Each instrument has a file of its own here; sweep.go holds the cases that
// every instrument gets, refused.go the bad sheets, lines.go the input that
// only a line of text can hold.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: generate DIR")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// write stores the kit's data below dir.
func write(dir string) error {
	for name, body := range files() {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, body, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// files makes every data file of the kit, by its path in it: the sheets and
// what is expected of them, line by line.
func files() map[string][]byte {
	out := map[string][]byte{}
	for _, k := range []*kit{
		hads(), isi(), pcs(), tsk(), cpaq(), lisat(), eq5d3l(), eq5d5l(), wai(), nprs(), obq(), confirmed(), requests(), lines(),
	} {
		out["sheets/"+k.name+".jsonl"] = k.sheets.Bytes()
		out["expected/"+k.name+".jsonl"] = k.expected.Bytes()
	}
	return out
}
