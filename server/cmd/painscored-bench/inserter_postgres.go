package main

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
)

// preparedInsert names the statement on its connection.
const preparedInsert = "insert"

type postgresRows struct{ conn *pgx.Conn }

// openPostgres runs what is to be done first and prepares an insert.
func openPostgres(ctx context.Context, address, first, insert string) (*postgresRows, error) {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return nil, err
	}
	if _, err = conn.Exec(ctx, first); err == nil {
		_, err = conn.Prepare(ctx, preparedInsert, insert)
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close(ctx))
	}
	return &postgresRows{conn: conn}, nil
}

// commit sends all rows at once, without waiting for an answer between them.
// Rows that are sent so are one transaction, whose end comes with the last.
func (p *postgresRows) commit(ctx context.Context, rows [][]any) (err error) {
	batch := &pgx.Batch{}
	for _, values := range rows {
		batch.Queue(preparedInsert, values...)
	}
	answers := p.conn.SendBatch(ctx, batch)
	defer func() { err = errors.Join(err, answers.Close()) }()
	for range rows {
		if _, err := answers.Exec(); err != nil {
			return err
		}
	}
	return nil
}

func (p *postgresRows) close() error { return p.conn.Close(context.Background()) }
