/** What a passkey is called whose maker is not known. */
const UNKNOWN = 'Passkey';

/**
 * The password managers, platforms and keys that people use, by the AAGUIDs they sign with (the passkey providers of the
 * community's list that GoTrue names them by, without rare hardware).
 */
const AAGUIDS: Readonly<Record<string, readonly string[]>> = {
  '1Password': ['bada5566-a7aa-401f-bd96-45619a55120d'],
  AliasVault: ['a11a5faa-9f32-4b8c-8c5d-2f7d13e8c942'],
  'Android Authenticator': ['b93fd961-f2e6-462f-b122-82002247de78'],
  'Apple Passwords': ['fbfc3007-154e-4ecc-8c0b-6e020557d7bd'],
  Bitwarden: ['d548826e-79b4-db40-a3d8-11116f7e8349'],
  'Chrome on Mac': ['adce0002-35bc-c60a-648b-0b25f1f05503'],
  'Chromium Browser': ['b5397666-4885-aa6b-cebf-e52262a439a2'],
  Dashlane: ['531126d6-e717-415c-9320-3d9aa6981239'],
  Devolutions: ['de503f9c-21a4-4f76-b4b7-558eb55c6f89'],
  'Edge on Mac': ['771b48fd-d3d4-4f74-9232-fc157ab0507a'],
  Enpass: ['f3809540-7f14-49c1-a8b3-8f813b225541'],
  'Google Password Manager': ['ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4'],
  'Google Titan Security Key v2': ['42b4fb4a-2866-43b2-9bf7-6c6669c2e5d3'],
  'Heimlane Vault': ['d49b2120-b865-4191-8cea-be84a52b0485'],
  'iCloud Keychain (Managed)': ['dd4ec289-e01d-41c9-bb89-70fa845d4bf2'],
  IDmelon: ['39a5647e-1853-446c-a1f6-a79bae9f5bc7'],
  initial: ['6d212b28-a2c1-4638-b375-5932070f62e9'],
  iPasswords: ['bfc748bb-3429-4faa-b9f9-7cfa9f3b76d0'],
  'Kaspersky Password Manager': ['a10c6dd9-465e-4226-8198-c7c44b91c555'],
  KeePassDX: ['eaecdef2-1c31-5634-8639-f1cbd9c00a08'],
  KeePassXC: ['fdb141b2-5d84-443e-8a35-4698c205a502'],
  Keeper: ['0ea242b4-43c4-4a1b-8b17-dd6d0b6baec6'],
  LastPass: ['b78a0a55-6ef8-d246-a042-ba0f6d55050c'],
  LogMeOnce: ['22248c4c-7a12-46e2-9a41-44291b373a4d'],
  'Microsoft Password Manager': ['d3452668-01fd-4c12-926c-83a4204853aa'],
  NordPass: ['b84e4048-15dc-4dd0-8640-f4f60813c8af'],
  'Proton Pass': ['50726f74-6f6e-5061-7373-50726f746f6e'],
  pwSafe: ['d350af52-0351-4ba2-acd3-dfeeadc3f764'],
  'Samsung Pass': ['53414d53-554e-4700-0000-000000000000'],
  Sésame: ['891494da-2c90-4d31-a9cd-4eab0aed1309'],
  'Windows Hello': [
    '08987058-cadc-4b81-b6e1-30de50dcbe96',
    '9ddd1817-af5a-4672-a2b9-3e3dd95000a9',
    '6028b017-b1d4-4c02-b4b3-afcdafc96bb2',
  ],
  'YubiKey 5 Series': [
    '19083c3d-8383-4b18-bc03-8f1c9ab2fd1b',
    'cb69481e-8ff7-4039-93ec-0a2729a154a8',
    'ee882879-721c-4913-9775-3dfcce97072a',
    'ff4dac45-ede8-4ec2-aced-cf66103f4335',
  ],
  'YubiKey 5 Series with Lightning': [
    'c5ef55ff-ad9a-4b9f-b580-adebafe026d0',
    'a02167b9-ae71-4ac7-9a07-06432ebb6f1c',
    '24673149-6c86-42e7-98d9-433fb5b73296',
  ],
  'YubiKey 5 Series with NFC': [
    'fa2b99dc-9e39-4257-8f92-4a30d23c4118',
    '2fc0579f-8113-47ea-b116-bb5a8db9202a',
    'd7781e5d-e353-46aa-afe2-3ca49f13332a',
    'a25342c0-3cdc-4414-8e46-f4807fca511c',
  ],
  'YubiKey Bio Series - FIDO Edition': [
    'd8522d9f-575b-4866-88a9-ba99fa02f35b',
    'dd86a2da-86a0-4cbe-b462-4bd31f57bc6f',
    '7409272d-1ff9-4e10-9fc9-ac0019c124fd',
  ],
  'Zoho Vault': ['b35a26b2-8f6e-4697-ab1d-d44db4da28c6'],
};

const NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries(AAGUIDS).flatMap(([name, ids]) => ids.map((id): [string, string] => [id, name])),
);

/** What a new passkey is called until its owner names it. */
export const authenticatorName = (aaguid: string): string => NAMES.get(aaguid.toLowerCase()) ?? UNKNOWN;
