package parquetfile

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"millrace/eventlog"
	"millrace/ingest"
)

// readWhole reads a log, and writes down everything there is to see.
func readWhole(t testing.TB, f *file) string {
	var b strings.Builder
	err := f.Read(context.Background(), func(batch *eventlog.Batch) error {
		checkCodes(t, batch)
		for i := range batch.Case {
			fmt.Fprintf(&b, "%d: %s\n", batch.Place[i], showEvent(batch, i))
		}
		return nil
	})
	first, total := f.Rejects()
	return fmt.Sprint(b.String(), first, total, f.Notes(), err)
}

// What is read directly is what DuckDB reads: whatever the types, the codec, the
// encoding of the values, and how many are missing.
func TestDirectIsDuckDB(t *testing.T) {
	path := filepath.Join(t.TempDir(), "direct.parquet")
	directly, files := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		rows := rapid.IntRange(0, 9000).Draw(rt, "rows")
		id := rapid.SampledFrom([]string{"'c' || i//3", "i*7919%1000", "(i//2)::INTEGER", "'Ünï ' || hash(i)", "(i%100)::SMALLINT", "(i%5)::UINTEGER"}).Draw(rt, "case")
		activity := rapid.SampledFrom([]string{"'act ' || i%5", "'a'", "repeat('long ', 20) || hash(i)", "(i%200-100)::TINYINT"}).Draw(rt, "activity")
		at := rapid.SampledFrom([]string{
			"make_timestamp(i*1000003)", "make_timestamp(-i*1000003)", "make_timestamptz(2000+i%9, 1, 1, 2, 3, i%60)", "make_timestamp(i//100)::TIMESTAMP_MS",
			"make_timestamp_ns(i*1000003)", "make_timestamp_ns(-i*1000003)", "DATE '2024-01-01' + (i%9)::INTEGER", "TIMESTAMP '2024-10-27 02:30:00'",
			"CASE WHEN i%5 = 1 THEN TIMESTAMP 'infinity' ELSE make_timestamp(i) END", "'2024-01-01 08:00:' || (10+i%50)",
		}).Draw(rt, "time")
		missing := func(name, expr string) string {
			switch rapid.IntRange(0, 3).Draw(rt, name+" missing") {
			case 0:
				return fmt.Sprintf("CASE WHEN i%%%d <> 1 THEN %s END", rapid.IntRange(2, 300).Draw(rt, name+" every"), expr)
			case 1:
				return fmt.Sprintf("CASE WHEN i < %d THEN %s END", rapid.IntRange(1, 3000).Draw(rt, name+" from"), expr)
			}
			return expr
		}
		query := fmt.Sprintf(`SELECT %s AS case_id, %s AS activity, %s AS "timestamp", %s AS resource, %s AS "lifecycle:transition", i AS rest FROM range(%d) r(i)`,
			missing("case", id), missing("activity", activity), missing("time", at), missing("resource", "CASE i%7 WHEN 0 THEN ' ' ELSE 'u' || i%7 END"),
			missing("lifecycle", "'complete'"), rows)
		makeFile(rt, path, query,
			"ROW_GROUP_SIZE "+rapid.SampledFrom([]string{"2048", "6144", "100000"}).Draw(rt, "group"),
			"COMPRESSION "+rapid.SampledFrom([]string{"uncompressed", "snappy", "zstd", "gzip", "lz4_raw"}).Draw(rt, "codec"),
			"PARQUET_VERSION "+rapid.SampledFrom([]string{"V1", "V1", "V2"}).Draw(rt, "version"),
			"DICTIONARY_SIZE_LIMIT "+rapid.SampledFrom([]string{"1", "100", "100000"}).Draw(rt, "dictionary"))
		read := func(indirect bool, workers int) string {
			o := ingest.Options{Case: "case_id", Activity: "activity", Time: "timestamp", Timezone: "Europe/Berlin", Workers: workers}
			if rows == 0 || strings.Contains(at, "'2024-01-01") {
				o.TimeLayout = "2006-01-02 15:04:05"
			}
			f, err := open(context.Background(), path, o)
			if err != nil {
				return err.Error()
			}
			defer f.Close()
			f.indirect = indirect
			f.rangeRows = int64(rapid.IntRange(1000, 10_000).Draw(rt, "batch"))
			if x := newDirect(newPlan(f)); x != nil {
				defer x.os.Close()
				if g, err := x.newReader(); err != nil {
					rt.Fatal(err)
				} else if rows > 0 && g.read(0) == nil {
					directly++
				}
			}
			return readWhole(t, f)
		}
		files++
		want := read(true, 1)
		if got := read(false, rapid.IntRange(1, 3).Draw(rt, "workers")); got != want {
			rt.Fatalf("%s\ndirectly %.2000s\nDuckDB %.2000s", query, got, want)
		}
	})
	if 10*directly < files {
		t.Errorf("only %d of %d files were read directly: this tests nothing", directly, files)
	}
}

// Whatever the bytes, what is read directly is read or left to DuckDB, never a
// panic, and never a label that there is not.
func FuzzDirect(f *testing.F) {
	for _, codec := range codecs {
		f.Add(smallFile(f, codec))
	}
	f.Fuzz(func(t *testing.T, data []byte) { decodeAll(t, data) })
}

// The same with bytes changed here and there, in any run of the tests.
func TestDirectDamage(t *testing.T) {
	for _, codec := range codecs {
		whole := smallFile(t, codec)
		if !decodeAll(t, whole) {
			t.Fatalf("%s: the whole file is not read", codec)
		}
		rapid.Check(t, func(rt *rapid.T) {
			data := bytes.Clone(whole)
			for range rapid.IntRange(1, 4).Draw(rt, "changes") {
				data[rapid.IntRange(0, len(data)-1).Draw(rt, "at")] = rapid.Byte().Draw(rt, "byte")
			}
			decodeAll(t, data[rapid.IntRange(0, 3).Draw(rt, "cut"):])
		})
	}
}

var codecs = []string{"uncompressed", "snappy", "zstd"}

func smallFile(t testing.TB, codec string) []byte {
	path := filepath.Join(t.TempDir(), "small.parquet")
	makeFile(t, path, `SELECT CASE WHEN i%9 <> 1 THEN 'c' || i//3 END AS case_id, 'a' || i%5 AS activity, make_timestamp(i*1000003) AS "timestamp" FROM range(200) r(i)`,
		"COMPRESSION "+codec)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// decodeAll reads all columns of a file, as texts and as numbers. It returns
// false if some cannot be read as what they are.
func decodeAll(t testing.TB, data []byte) bool {
	file := bytes.NewReader(data)
	foot, err := readFooter(file, int64(len(data)))
	if err != nil {
		return false
	}
	d, err := newDecoder()
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	var labels ingest.Coder
	all := true
	for _, g := range foot.groups {
		if g.rows > 10_000 {
			return false
		}
		for i := range foot.columns {
			l, k := &foot.columns[i], &g.chunks[i]
			codes := make([]uint32, g.rows)
			texts := d.texts(codes, &labels, file, l, k)
			if texts == nil {
				for _, code := range codes {
					_ = labels.Codes().Labels[code]
				}
			}
			numbers := d.ints(make([]int64, g.rows), eventlog.NoTime, file, l, k)
			for _, err := range []error{texts, numbers} {
				if err != nil && !errors.Is(err, errIndirect) {
					t.Fatal(err)
				}
			}
			all = all && texts == nil
		}
	}
	return all
}

// thriftPage writes a page as other programs than DuckDB do: a chunk begins with
// a dictionary, and goes on without it where that grew too large.
func thriftPage(kind, values, encoding int, data []byte) []byte {
	var b []byte
	number := func(delta byte, v int) {
		b = append(b, delta<<4|thriftI32)
		for u := uint(v) << 1; ; u >>= 7 {
			if u < 0x80 {
				b = append(b, byte(u))
				return
			}
			b = append(b, byte(u)|0x80)
		}
	}
	number(1, kind)
	number(1, len(data))
	number(1, len(data))
	if kind == pageDictionary {
		b = append(b, 4<<4|thriftStruct)
	} else {
		b = append(b, 2<<4|thriftStruct)
	}
	number(1, values)
	number(1, encoding)
	if kind == pageData {
		number(1, encodingRLE)
		number(1, encodingRLE)
	}
	b = append(b, thriftStop, thriftStop)
	return append(b, data...)
}

// A chunk may give up its dictionary in its middle, and values may be missing.
func TestDictionaryGivenUp(t *testing.T) {
	text := func(words ...string) (b []byte) {
		for _, w := range words {
			b = append(binary.LittleEndian.AppendUint32(b, uint32(len(w))), w...)
		}
		return b
	}
	levels := func(bits byte) []byte { return []byte{2, 0, 0, 0, 1<<1 | 1, bits} } // of eight values
	var data []byte
	data = append(data, thriftPage(pageDictionary, 3, encodingPlain, text("pick", "pack", "pick"))...)                     // twice, which is odd
	data = append(data, thriftPage(pageData, 8, encodingDictionary, append(levels(0b01110111), 2, 1<<1|1, 0x24, 0x09))...) // 0 1 2 0 1 2
	data = append(data, thriftPage(pageData, 8, encodingPlain, append(levels(0b10000001), text("ship", "pack")...))...)
	l := &leaf{physical: physByteArray, optional: true}
	d, err := newDecoder()
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	var labels ingest.Coder
	codes := make([]uint32, 16)
	if err := d.texts(codes, &labels, bytes.NewReader(data), l, &chunk{values: 16, bytes: int64(len(data))}); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, code := range codes {
		got = append(got, labels.Codes().Labels[code])
	}
	want := "pick,pack,pick,,pick,pack,pick,,ship,,,,,,,pack"
	if strings.Join(got, ",") != want || len(labels.Codes().Labels) != 4 {
		t.Errorf("%q of labels %q, want %q", got, labels.Codes().Labels, want)
	}
}

// Runs and packed bits, against an encoder that is nothing but plain.
func TestHybrid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(0, 32).Draw(t, "width")
		var want []uint32
		var data []byte
		varint := func(v uint64) {
			for ; v >= 0x80; v >>= 7 {
				data = append(data, byte(v)|0x80)
			}
			data = append(data, byte(v))
		}
		number := rapid.Uint64Range(0, 1<<width-1)
		for range rapid.IntRange(1, 5).Draw(t, "runs") {
			if rapid.Bool().Draw(t, "run") {
				n, v := rapid.IntRange(1, 300).Draw(t, "n"), number.Draw(t, "v")
				varint(uint64(n) << 1)
				for i := range (width + 7) / 8 {
					data = append(data, byte(v>>(8*i)))
				}
				for range n {
					want = append(want, uint32(v))
				}
				continue
			}
			groups := rapid.IntRange(1, 5).Draw(t, "groups")
			varint(uint64(groups)<<1 | 1)
			bits := make([]byte, groups*width)
			for i := range 8 * groups {
				v := number.Draw(t, "v")
				want = append(want, uint32(v))
				for k := range width {
					bits[(i*width+k)/8] |= byte(v>>k&1) << ((i*width + k) % 8)
				}
			}
			data = append(data, bits...)
		}
		want = want[:len(want)-rapid.IntRange(0, min(7, len(want))).Draw(t, "fewer")]
		for _, spare := range []int{0, 3, 8} {
			got := make([]uint32, len(want))
			if !unpackHybrid(got, append(make([]byte, 0, len(data)+spare), data...), width) {
				t.Fatalf("%d bytes of width %d are refused", len(data), width)
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("width %d: %v, want %v", width, got, want)
			}
			if cut := len(data) - 1; len(want) > 0 && cut >= 0 {
				unpackHybrid(make([]uint32, len(want)+1000), data[:cut:cut], width) // no panic
			}
		}
	})
}
