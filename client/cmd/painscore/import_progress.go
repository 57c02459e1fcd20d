package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress tells how far an import is: with a bar on a terminal, with a line
// every ten seconds elsewhere. It names numbers only.
type progress struct {
	out   io.Writer
	bar   *progressbar.ProgressBar // nil without a terminal
	began time.Time
	told  time.Time
	every time.Duration
}

func newProgress(out io.Writer, total int64) *progress {
	p := &progress{out: out, began: time.Now(), told: time.Now(), every: 10 * time.Second}
	if file, ok := out.(*os.File); ok {
		if info, err := file.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			p.every = 200 * time.Millisecond
			p.bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(out), progressbar.OptionShowBytes(true),
				progressbar.OptionSetPredictTime(true), progressbar.OptionFullWidth(), progressbar.OptionClearOnFinish())
		}
	}
	return p
}

// tick tells it if it is time to.
func (p *progress) tick(r *importRun) {
	now := time.Now()
	if now.Sub(p.told) < p.every {
		return
	}
	p.told = now
	read, settled := r.read.Load(), r.settled.Load()
	rate := float64(settled) / now.Sub(p.began).Seconds()
	if p.bar != nil {
		p.bar.Describe(fmt.Sprintf("%d sheets, %.0f a second", settled, rate))
		p.bar.Set64(read)
		return
	}
	left := time.Duration(0)
	if read > 0 {
		left = time.Duration(float64(now.Sub(p.began)) * float64(r.total-read) / float64(read)).Round(time.Second)
	}
	fmt.Fprintf(p.out, "painscore: %d sheets, %.0f a second, %d %% of the files read, about %v left\n", settled, rate, 100*read/max(r.total, 1), left)
}

// done takes the bar away.
func (p *progress) done() {
	if p.bar != nil {
		p.bar.Finish()
	}
}
