/** The fault of a row or a cell, by the rule of its error, in the words of people who fill in tables. */
const TITLES: Readonly<Record<string, string>> = {
  required: '必填项为空',
  type: '数据类型不符',
  length: '超过规定长度',
  code: '代码值不在代码表中，或目录未对应该值',
  date: '日期格式不符或不是真实日期',
  precision: '小数位数或总位数超出规定',
  range: '数值超出范围',
  checksum: '号码格式或校验位错误',
  character: '含有无法保存的字符',
  geometry: '坐标或图形不合规',
  mapping: '两列对应同一数据项',
  operation: '操作标识 _op 只能是 upsert 或 delete；全量数据不能删除单行',
  scope: '不属于本单位填报的范围',
  'repeated-key': '主键在本批次中重复',
  'foreign-key': '主键属于其他填报单位',
  columns: '列数与表头不一致',
  quote: '引号使用错误',
  encoding: '字符编码错误',
  'row-size': '一行内容过长',
  json: '不是有效的 JSON 对象',
  'number-precision': '长号码被 Excel 存成数字，末尾几位已丢失：请将该列设为文本格式，按原始资料重新录入',
  formula: '公式没有结果或结果出错：请改为数值后保存',
  format: '单元格内容已损坏',
  nested: '嵌套的列不能接收',
};

export function faultTitle(rule: string): string {
  return TITLES[rule] ?? '不符合数据项要求';
}
