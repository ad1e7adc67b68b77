//! A [`Mark`] in the extended attributes of a file, so that it comes and goes
//! with the bytes in one step. Some file systems have none; then there is no
//! mark, and callers go by the hash of the bytes.

use std::fs::File;
use std::io;
use std::os::unix::fs::PermissionsExt;

use rustix::fs::{XattrFlags, fgetxattr, fsetxattr};
use rustix::io::Errno;

use super::Mark;
use crate::model::token::WriterToken;

const TOKEN: &str = "user.workbench.token";
const BLAKE3: &str = "user.workbench.blake3";
/// Bytes. Far more than a token or a hash needs.
const LONGEST: usize = 512;

#[cfg(target_vendor = "apple")]
const NO_SUCH: Errno = Errno::NOATTR;
#[cfg(not(target_vendor = "apple"))]
const NO_SUCH: Errno = Errno::NODATA;

/// Writes the mark, or nothing where the file system cannot keep it.
///
/// # Errors
/// Any other refusal of the file system.
pub fn write_mark(file: &File, mark: &Mark) -> io::Result<()> {
    // Recovery comes back to a file that is read-only by now, which also
    // forbids its owner to set attributes.
    if read_mark(file)?.as_ref() == Some(mark) {
        return Ok(());
    }
    let mut permissions = file.metadata()?.permissions();
    if permissions.readonly() {
        permissions.set_mode(permissions.mode() | 0o200);
        file.set_permissions(permissions)?;
    }
    write(file, TOKEN, mark.token.as_str())?;
    write(file, BLAKE3, &mark.blake3.to_string())
}

/// The mark of a file; None if it has none, or one that is not ours.
///
/// # Errors
/// Any refusal other than that there are no attributes.
pub fn read_mark(file: &File) -> io::Result<Option<Mark>> {
    let (Some(token), Some(blake3)) = (read(file, TOKEN)?, read(file, BLAKE3)?) else {
        return Ok(None);
    };
    Ok(blake3.parse().ok().map(|blake3| Mark {
        token: WriterToken::from_stored(token),
        blake3,
    }))
}

fn write(file: &File, name: &str, value: &str) -> io::Result<()> {
    match fsetxattr(file, name, value.as_bytes(), XattrFlags::empty()) {
        Err(error) if !is_unsupported(error) => Err(error.into()),
        _ => Ok(()),
    }
}

fn read(file: &File, name: &str) -> io::Result<Option<String>> {
    let mut buffer = [0; LONGEST];
    match fgetxattr(file, name, &mut buffer[..]) {
        Ok(length) => Ok(String::from_utf8(buffer[..length].to_vec()).ok()),
        // Too long to be one of ours.
        Err(Errno::RANGE) => Ok(None),
        Err(error) if error == NO_SUCH || is_unsupported(error) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn is_unsupported(error: Errno) -> bool {
    [Errno::NOTSUP, Errno::OPNOTSUPP, Errno::PERM].contains(&error)
}
