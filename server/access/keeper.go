package access

import (
	"log/slog"
	"time"
)

// Keeper writes the head of a log to the file of heads whenever it has moved:
// at an interval, when a chain ends, and at the end.
type Keeper struct {
	log    *Log
	path   string
	logger *slog.Logger
	stop   chan struct{}
	done   chan struct{}
}

// StartKeeper begins to keep the heads of a log.
func StartKeeper(log *Log, path string, every time.Duration, logger *slog.Logger) *Keeper {
	k := &Keeper{log: log, path: path, logger: logger, stop: make(chan struct{}), done: make(chan struct{})}
	go k.run(every)
	return k
}

// Close writes the last head. The log must have been closed before.
func (k *Keeper) Close() {
	close(k.stop)
	<-k.done
}

func (k *Keeper) run(every time.Duration) {
	defer close(k.done)
	tick := time.NewTicker(every)
	defer tick.Stop()
	var kept Head
	for {
		stopped := false
		select {
		case <-k.stop:
			stopped = true
		case <-tick.C:
		}
		for _, head := range k.log.heads(kept) {
			if err := AppendHead(k.path, head); err != nil {
				k.logger.Error("the head of the access log could not be written outside the database", "error", err)
				break
			}
			kept = head
		}
		if stopped {
			return
		}
	}
}
