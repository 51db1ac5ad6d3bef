import Testing

@testable import TypeName

@Suite struct TypeNameTests { @Test func placeholder() {} }
