/// What tests set otherwise than users.
struct StoreOptions: Sendable {
    /// The tables that a file has or gets.
    var schema = Schema.current
    /// How large the file may become, in pages of 4096 bytes; `nil` for what its disk has room for.
    var maximumPages: Int?
    /// How many seconds to wait for another program that writes or reads.
    var busySeconds = 5.0
    var log = WriteAheadLog.Limits()
}
