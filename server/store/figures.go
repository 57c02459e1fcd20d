package store

// Figures say how a store's one writer keeps up, for whoever watches it. They
// count from its opening.
type Figures struct {
	Waiting map[string]int // jobs that wait for the writer, by the queue's share
	Batches uint64         // settled; each is one flush to the medium
	Tasks   uint64         // in these batches
	Refused uint64         // jobs that found their queue full
}

// Figured is a store that tells its Figures. It costs nobody a wait.
type Figured interface{ Figures() Figures }
