use super::*;

#[test]
fn an_old_database_is_copied_and_then_brought_up_in_one_transaction() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outwatch.db");
    let mut connection = Connection::open(&path).unwrap();
    create(&mut connection).unwrap();
    let with = |more: &[&'static str]| [MIGRATIONS, more].concat();
    let added = "CREATE TABLE added (x INTEGER) STRICT";

    let broken = with(&[added, "no SQL"]);
    migrate(&mut connection, &path, &broken).unwrap_err();
    assert_eq!(user_version(&connection).unwrap(), latest(MIGRATIONS));
    assert!(!connection.table_exists(None, "added").unwrap());

    for _ in 0..2 {
        migrate(&mut connection, &path, &with(&[added])).unwrap();
        assert_eq!(user_version(&connection).unwrap(), latest(MIGRATIONS) + 1);
    }
    let newer = migrate(&mut connection, &path, MIGRATIONS).unwrap_err();
    assert!(matches!(newer, StoreError::Newer { .. }));

    let copy = beside(&path, &format!(".v{}.backup", latest(MIGRATIONS)));
    let copy = Connection::open(copy).unwrap();
    assert_eq!(user_version(&copy).unwrap(), latest(MIGRATIONS));
}
