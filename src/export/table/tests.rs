//! Tables read back: the same rows in every format, and more of them than are held at once.

use std::fs;
use std::path::PathBuf;

use ::hdf5::types::VarLenUnicode;
use ::parquet::file::reader::{FileReader, SerializedFileReader};
use ::parquet::record::{Field, RowAccessor};
use ndarray::Array1;
use tempfile::TempDir;

use super::*;
use crate::export::fixtures::reopened;

const ROWS: usize = BLOCK + 3;

/// One in seven numbers is missing.
fn row(number: usize) -> [Value; 4] {
    let value = if number.is_multiple_of(7) { f64::NAN } else { number as f64 / 3.0 };
    let text = if number.is_multiple_of(2) { "faces, upright" } else { "é" };
    [Value::Whole(number as i64), Value::Number(value), Value::Truth(number < 10), Value::Text(text.to_owned())]
}

fn written(format: TableFormat) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table");
    let columns = [
        ("cell", Kind::Whole),
        ("design.asynchrony_s", Kind::Number),
        ("design.jitter", Kind::Truth),
        ("contrast", Kind::Text),
    ];
    let columns = columns.map(|(name, kind)| (name.to_owned(), kind)).to_vec();
    let mut table = match format {
        TableFormat::Csv => Table::csv(fs::File::create(&path).unwrap(), columns),
        TableFormat::Parquet => Table::parquet(fs::File::create(&path).unwrap(), columns),
        TableFormat::Hdf5 => Table::hdf5(&path, columns),
    }
    .unwrap();
    (0..ROWS).for_each(|number| table.append(row(number).to_vec()).unwrap());
    table.finish(&[("model", "untrained".to_owned())]).unwrap();
    (folder, path)
}

fn number_of(row: &[Value; 4]) -> Option<f64> {
    match row[1] {
        Value::Number(number) => Some(number).filter(|number| !number.is_nan()),
        _ => None,
    }
}

#[test]
fn csv_has_a_line_a_row() {
    let (_folder, path) = written(TableFormat::Csv);
    let text = fs::read_to_string(path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 1 + ROWS);
    let expected = [
        "cell,design.asynchrony_s,design.jitter,contrast",
        "0,,true,\"faces, upright\"",
        "1,0.3333333333333333,true,é",
        "2,0.6666666666666666,true,\"faces, upright\"",
        "3,1.0,true,é",
    ];
    assert_eq!(lines[..5], expected);
}

#[test]
fn parquet_has_a_row_group_a_block_and_says_where_it_comes_from() {
    let (_folder, path) = written(TableFormat::Parquet);
    let file = SerializedFileReader::new(fs::File::open(path).unwrap()).unwrap();
    assert_eq!(file.num_row_groups(), 2);
    let metadata = file.metadata().file_metadata();
    let said = metadata.key_value_metadata().unwrap();
    assert_eq!((said[0].key.as_str(), said[0].value.as_deref()), ("model", Some("untrained")));
    let mut rows = 0;
    for (number, read) in file.get_row_iter(None).unwrap().enumerate() {
        let (read, expected) = (read.unwrap(), row(number));
        assert_eq!(read.get_long(0).unwrap(), number as i64);
        match number_of(&expected) {
            Some(value) => assert_eq!(read.get_double(1).unwrap(), value),
            None => assert_eq!(read.get_column_iter().nth(1).unwrap().1, &Field::Null),
        }
        assert_eq!(Value::Truth(read.get_bool(2).unwrap()), expected[2]);
        assert_eq!(Value::Text(read.get_string(3).unwrap().clone()), expected[3]);
        rows += 1;
    }
    assert_eq!(rows, ROWS);
}

#[test]
fn hdf5_has_a_dataset_a_column_and_says_where_it_comes_from() {
    let (_folder, path) = written(TableFormat::Hdf5);
    let file = reopened(&path);
    let columns: Array1<VarLenUnicode> = file.attr("columns").unwrap().read().unwrap();
    assert_eq!(columns[1].as_str(), "design.asynchrony_s");
    assert_eq!(file.attr("model").unwrap().read_scalar::<VarLenUnicode>().unwrap().as_str(), "untrained");
    let whole: Vec<i64> = file.dataset("cell").unwrap().read_raw().unwrap();
    let numbers: Vec<f64> = file.dataset("design.asynchrony_s").unwrap().read_raw().unwrap();
    let truths: Vec<bool> = file.dataset("design.jitter").unwrap().read_raw().unwrap();
    let texts: Vec<VarLenUnicode> = file.dataset("contrast").unwrap().read_raw().unwrap();
    assert_eq!(whole.len(), ROWS);
    for number in 0..ROWS {
        let expected = row(number);
        assert_eq!(Value::Whole(whole[number]), expected[0]);
        assert_eq!(Some(numbers[number]).filter(|number| !number.is_nan()), number_of(&expected));
        assert_eq!(Value::Truth(truths[number]), expected[2]);
        assert_eq!(Value::Text(texts[number].as_str().to_owned()), expected[3]);
    }
}

#[test]
fn the_same_rows_make_the_same_bytes() {
    for format in TableFormat::ALL {
        let [(_one, first), (_other, second)] = [written(format), {
            std::thread::sleep(std::time::Duration::from_millis(1_100));
            written(format)
        }];
        assert!(fs::read(first).unwrap() == fs::read(second).unwrap(), "{format:?}");
    }
}

#[test]
fn a_table_without_rows_has_its_columns() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table");
    let columns = || vec![("mean".to_owned(), Kind::Number)];
    Table::hdf5(&path, columns()).unwrap().finish(&[]).unwrap();
    let file = reopened(&path);
    assert_eq!(file.dataset("mean").unwrap().shape(), [0]);
    file.close().unwrap();
    Table::parquet(fs::File::create(&path).unwrap(), columns()).unwrap().finish(&[]).unwrap();
    let file = SerializedFileReader::new(fs::File::open(&path).unwrap()).unwrap();
    assert_eq!(file.metadata().file_metadata().schema_descr().column(0).name(), "mean");
    assert_eq!(file.metadata().file_metadata().num_rows(), 0);
}

#[test]
fn a_row_of_another_length_is_refused() {
    let mut table = Table::csv(Vec::new(), vec![("cell".to_owned(), Kind::Whole)]).unwrap();
    let refusal = table.append(row(0).to_vec()).unwrap_err();
    assert_eq!(refusal.to_string(), "a row of a table has 4 values and the table 1 columns");
}
