// SPDX-License-Identifier: MPL-2.0
//! A Parquet file of rows whose columns are named in a table.
use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, FloatType, Int64Type};
use parquet::errors::Result;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use std::fs::File;
use std::sync::Arc;

/// Numbers and texts that are gathered before they are written.
const GROUP: usize = 1 << 21;

/// What stands in a column of a row; null where it is not there.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Text.
    Text(Option<String>),
    /// A whole number.
    Whole(Option<i64>),
    /// A 64-bit float.
    Number(Option<f64>),
    /// A list of 32-bit floats.
    Floats(Option<Vec<f32>>),
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// [`Cell::Text`].
    Text,
    /// [`Cell::Whole`].
    Whole,
    /// [`Cell::Number`].
    Number,
    /// [`Cell::Floats`].
    Floats,
}

/// A column of rows.
pub struct Column<R: ?Sized> {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// What it holds of a row: a cell of that kind.
    pub get: fn(&R) -> Cell,
}

/// A file in the making.
pub struct Table<'a, R> {
    columns: &'a [Column<R>],
    writer: SerializedFileWriter<&'a File>,
    /// Cells that are not yet written, by columns.
    cells: Vec<Vec<Cell>>,
    size: usize,
}

impl<'a, R> Table<'a, R> {
    /// Begins one.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn new(file: &'a File, columns: &'a [Column<R>]) -> Result<Self> {
        let fields = columns.iter().map(|column| {
            let name = column.name;
            match column.kind {
                Kind::Text => format!("OPTIONAL BYTE_ARRAY {name} (STRING);"),
                Kind::Whole => format!("OPTIONAL INT64 {name};"),
                Kind::Number => format!("OPTIONAL DOUBLE {name};"),
                Kind::Floats => format!(
                    "OPTIONAL GROUP {name} (LIST) {{ REPEATED GROUP list {{ REQUIRED FLOAT element; }} }}"
                ),
            }
        });
        let fields: String = fields.collect();
        let schema = parse_message_type(&format!("message schema {{ {fields} }}"))?;
        let properties = WriterProperties::builder()
            .set_created_by(format!("auris-farm {}", env!("CARGO_PKG_VERSION")))
            .set_compression(Compression::SNAPPY)
            .build();
        Ok(Table {
            columns,
            writer: SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties))?,
            cells: columns.iter().map(|_| Vec::new()).collect(),
            size: 0,
        })
    }

    /// Appends a row.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn push(&mut self, row: &R) -> Result<()> {
        for (column, cells) in self.columns.iter().zip(&mut self.cells) {
            let cell = (column.get)(row);
            self.size += match &cell {
                Cell::Text(text) => 1 + text.as_ref().map_or(0, |text| text.len() / 4),
                Cell::Floats(numbers) => 1 + numbers.as_ref().map_or(0, Vec::len),
                Cell::Whole(_) | Cell::Number(_) => 1,
            };
            cells.push(cell);
        }
        match self.size >= GROUP {
            true => self.flush(),
            false => Ok(()),
        }
    }

    /// Ends it.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(mut self) -> Result<()> {
        self.flush()?;
        self.writer.close()?;
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        self.size = 0;
        if self.cells.first().is_none_or(Vec::is_empty) {
            return Ok(());
        }
        let mut group = self.writer.next_row_group()?;
        for (column, cells) in self.columns.iter().zip(&mut self.cells) {
            write(&mut group, column.kind, std::mem::take(cells))?;
        }
        group.close()?;
        Ok(())
    }
}

type Group<'a, 'b> = SerializedRowGroupWriter<'a, &'b File>;

fn write(group: &mut Group<'_, '_>, kind: Kind, cells: Vec<Cell>) -> Result<()> {
    let cells = cells.into_iter();
    match kind {
        Kind::Text => single::<ByteArrayType>(
            group,
            cells.map(|cell| match cell {
                Cell::Text(text) => text.map(|text| ByteArray::from(text.into_bytes())),
                _ => None,
            }),
        ),
        Kind::Whole => single::<Int64Type>(
            group,
            cells.map(|cell| match cell {
                Cell::Whole(number) => number,
                _ => None,
            }),
        ),
        Kind::Number => single::<DoubleType>(
            group,
            cells.map(|cell| match cell {
                Cell::Number(number) => number,
                _ => None,
            }),
        ),
        Kind::Floats => lists(
            group,
            cells.map(|cell| match cell {
                Cell::Floats(numbers) => numbers,
                _ => None,
            }),
        ),
    }
}

fn single<T: DataType>(
    group: &mut Group<'_, '_>,
    cells: impl Iterator<Item = Option<T::T>>,
) -> Result<()> {
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    for cell in cells {
        levels.push(i16::from(cell.is_some()));
        values.extend(cell);
    }
    batch::<T>(group, &values, &levels, None)
}

/// A list is there or not, and has numbers or not; each number but the first goes on with the list.
fn lists(group: &mut Group<'_, '_>, cells: impl Iterator<Item = Option<Vec<f32>>>) -> Result<()> {
    let (mut values, mut definitions, mut repetitions) = (Vec::new(), Vec::new(), Vec::new());
    for cell in cells {
        let numbers = cell.as_deref().unwrap_or_default();
        if numbers.is_empty() {
            definitions.push(i16::from(cell.is_some()));
            repetitions.push(0);
            continue;
        }
        for (index, &number) in numbers.iter().enumerate() {
            definitions.push(2);
            repetitions.push(i16::from(index > 0));
            values.push(number);
        }
    }
    batch::<FloatType>(group, &values, &definitions, Some(&repetitions))
}

fn batch<T: DataType>(
    group: &mut Group<'_, '_>,
    values: &[T::T],
    definitions: &[i16],
    repetitions: Option<&[i16]>,
) -> Result<()> {
    // There is one for each column of the schema.
    if let Some(mut column) = group.next_column()? {
        let writer = column.typed::<T>();
        writer.write_batch(values, Some(definitions), repetitions)?;
        column.close()?;
    }
    Ok(())
}
