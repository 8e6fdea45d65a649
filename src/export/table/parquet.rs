//! A table as an Apache Parquet file: a row group a block, texts by dictionary, no compression beside it.
//!
//! Whole numbers are INT64, numbers DOUBLE and null where there is none, truths BOOLEAN, texts UTF-8.

use std::io::Write;
use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type;

use super::super::SOFTWARE;
use super::column::{Column, Values};
use super::{Error, Format};

/// The name of the root of the schema.
const SCHEMA: &str = "table";

pub(super) struct ParquetTable<W: Write> {
    file: SerializedFileWriter<W>,
}

impl<W: Write + Send> ParquetTable<W> {
    pub(super) fn new(to: W, columns: &[Column]) -> Result<Self, Error> {
        let fields = columns.iter().map(|column| Ok(Arc::new(field(column)?)));
        let fields = fields.collect::<Result<_, ParquetError>>()?;
        let schema = Type::group_type_builder(SCHEMA).with_fields(fields).build()?;
        let properties = WriterProperties::builder().set_created_by(SOFTWARE.to_owned()).build();
        let file = SerializedFileWriter::new(to, Arc::new(schema), Arc::new(properties))?;
        Ok(Self { file })
    }
}

impl<W: Write + Send> Format for ParquetTable<W> {
    fn write(&mut self, columns: &[Column]) -> Result<(), Error> {
        let mut group = self.file.next_row_group()?;
        for column in columns {
            let Some(mut writer) = group.next_column()? else { break };
            write_values(&mut writer, &column.values)?;
            writer.close()?;
        }
        group.close()?;
        Ok(())
    }

    fn finish(mut self: Box<Self>, entries: &[(&'static str, String)]) -> Result<(), Error> {
        for (name, text) in entries {
            self.file.append_key_value_metadata(KeyValue::new((*name).to_owned(), text.clone()));
        }
        self.file.close()?;
        Ok(())
    }
}

fn field(column: &Column) -> Result<Type, ParquetError> {
    let (physical, repetition, logical) = match column.values {
        Values::Whole(_) => (Physical::INT64, Repetition::REQUIRED, None),
        Values::Number(_) => (Physical::DOUBLE, Repetition::OPTIONAL, None),
        Values::Truth(_) => (Physical::BOOLEAN, Repetition::REQUIRED, None),
        Values::Text(_) => (Physical::BYTE_ARRAY, Repetition::REQUIRED, Some(LogicalType::String)),
    };
    let field = Type::primitive_type_builder(&column.name, physical);
    field.with_repetition(repetition).with_logical_type(logical).build()
}

fn write_values(to: &mut SerializedColumnWriter, values: &Values) -> Result<(), ParquetError> {
    match values {
        Values::Whole(values) => to.typed::<Int64Type>().write_batch(values, None, None)?,
        Values::Truth(values) => to.typed::<BoolType>().write_batch(values, None, None)?,
        Values::Text(values) => {
            let texts: Vec<ByteArray> = values.iter().map(|text| ByteArray::from(text.as_str())).collect();
            to.typed::<ByteArrayType>().write_batch(&texts, None, None)?
        }
        Values::Number(values) => {
            let is_there: Vec<i16> = values.iter().map(|value| i16::from(!value.is_nan())).collect();
            let numbers: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
            to.typed::<DoubleType>().write_batch(&numbers, Some(&is_there), None)?
        }
    };
    Ok(())
}
