import { residentIdCheck } from '../../src/standard/identifier.js';

// Tenants of parking places, as a clerk keeps them.
/** A number of nobody: county 370399 was never assigned. */
export function numberOf(i: number): string {
  const digits = `37039919${60 + (i % 40)}0101${String(i % 1000).padStart(3, '0')}`;
  return digits + residentIdCheck(digits);
}
export const NAMES = ['王建国', '李秀英', '张伟', '刘洋'];
export const people = (rows: number, gender: (i: number) => string = (i) => (i % 2 === 0 ? '男' : '女')) =>
  Array.from({ length: rows }, (_, i) => [
    `C${String(i).padStart(5, '0')}`,
    numberOf(i),
    NAMES[i % 4],
    gender(i),
    `1380000${String(i).padStart(4, '0')}`,
    '370303104002',
    i % 2 === 0 ? '初中' : '大学本科',
    `2026-01-${String((i % 28) + 1).padStart(2, '0')}`,
  ]);
export const HEAD = ['车位编号', '身份证号', '姓名', '性别', '手机', '所属社区', '学历', '租赁日期'];
export const csv = (rows: readonly (readonly unknown[])[], head: readonly string[] = HEAD) =>
  `${[head, ...rows].map((row) => row.join(',')).join('\n')}\n`;
